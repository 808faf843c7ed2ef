#include "data/support.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "hermes/core/error.hpp"

namespace hermes::data::test {
namespace {

void require(bool condition, const char* what) {
  if (!condition) {
    throw std::logic_error(std::string("test support: ") + what);
  }
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "hermes-data-XXXXXX").string();
  require(::mkdtemp(pattern.data()) != nullptr, "mkdtemp");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> TemporaryDirectory::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void write_gzip(const std::filesystem::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  require(file != nullptr, "gzopen");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string data_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const DataError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  ADD_FAILURE() << "expected a DataError";
  return "";
}

H5Builder::H5Builder(const std::filesystem::path& path)
    : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {
  require(file_ >= 0, "H5Fcreate");
}

H5Builder::~H5Builder() {
  H5Fclose(file_);
}

H5Builder& H5Builder::put_raw(const std::string& name, const std::vector<hsize_t>& dims, hid_t type,
                              const void* values, const Storage& storage) {
  const auto rank = static_cast<int>(dims.size());
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  if (!storage.chunk.empty()) {
    H5Pset_chunk(creation, rank, storage.chunk.data());
    if (storage.gzip) {
      H5Pset_deflate(creation, 4);
    }
  }
  const hid_t space = H5Screate_simple(rank, dims.data(), nullptr);
  const hid_t dataset = H5Dcreate2(file_, name.c_str(), type, space, links, creation, H5P_DEFAULT);
  require(dataset >= 0, "H5Dcreate2");
  require(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, "H5Dwrite");
  H5Dclose(dataset);
  H5Sclose(space);
  H5Pclose(creation);
  H5Pclose(links);
  return *this;
}

void H5Builder::attribute(const std::string& object, const std::string& name, hid_t type,
                          hsize_t count, const void* values) {
  const hid_t target = H5Oopen(file_, object.c_str(), H5P_DEFAULT);
  const hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr);
  const hid_t id = H5Acreate2(target, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT);
  require(id >= 0 && H5Awrite(id, type, values) >= 0, "attribute");
  H5Aclose(id);
  H5Sclose(space);
  H5Oclose(target);
}

H5Builder& H5Builder::numbers(const std::string& object, const std::string& name,
                              const std::vector<double>& values) {
  attribute(object, name, H5T_NATIVE_DOUBLE, values.size(), values.data());
  return *this;
}

H5Builder& H5Builder::strings(const std::string& object, const std::string& name,
                              const std::vector<std::string>& values) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) {
    pointers.push_back(value.c_str());
  }
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  attribute(object, name, type, values.size(), pointers.data());
  H5Tclose(type);
  return *this;
}

H5Builder& H5Builder::fixed_strings(const std::string& object, const std::string& name,
                                    std::size_t width, const std::string& padded) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, width);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  attribute(object, name, type, padded.size() / width, padded.data());
  H5Tclose(type);
  return *this;
}

std::vector<std::uint8_t> counting_bytes(std::size_t count) {
  return cyclic_labels<std::uint8_t>(count, 251);
}

std::vector<float> counting_floats(std::size_t count) {
  return cyclic_labels<float>(count, count + 1);
}

void write_image_set(const std::filesystem::path& path, hsize_t train_rows, hsize_t channels,
                     const Storage& storage) {
  const std::vector<hsize_t> dims{train_rows, channels, 2, 3};
  const std::size_t row = channels * 2 * 3;
  H5Builder(path)
      .put("/train/x", dims, counting_bytes(train_rows * row), storage)
      .put("/train/y", {train_rows}, cyclic_labels<std::int64_t>(train_rows, 3))
      .put("/test/x", {4, channels, 2, 3}, counting_bytes(4 * row))
      .put("/test/y", {4}, cyclic_labels<std::int64_t>(4, 3));
}

}  // namespace hermes::data::test
