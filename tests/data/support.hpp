#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// What the data tests share: a temporary directory, files byte by byte, and HDF5 files written
/// with the C API alone (not with the code under test).
namespace hermes::data::test {

/// Removed with all it holds.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  std::vector<std::string> names() const;

 private:
  std::filesystem::path path_;
};

void write_bytes(const std::filesystem::path& path, const std::string& bytes);
void write_gzip(const std::filesystem::path& path, const std::string& bytes);
std::string read_bytes(const std::filesystem::path& path);

/// The message of the DataError that `action` must throw; fails the test when it throws none or
/// when the message is not one line.
std::string data_error(const std::function<void()>& action);

struct Storage {
  std::vector<hsize_t> chunk{};  // empty: contiguous
  bool gzip = false;
};

/// Writes an HDF5 file; `put` makes the groups that a name needs. Closed by the destructor.
class H5Builder {
 public:
  explicit H5Builder(const std::filesystem::path& path);
  ~H5Builder();
  H5Builder(const H5Builder&) = delete;
  H5Builder& operator=(const H5Builder&) = delete;

  template <class T>
  H5Builder& put(const std::string& name, const std::vector<hsize_t>& dims,
                 const std::vector<T>& values, const Storage& storage = {}) {
    return put_raw(name, dims, type_of(T{}), values.data(), storage);
  }
  H5Builder& numbers(const std::string& object, const std::string& name,
                     const std::vector<double>& values);
  /// As h5py writes a str or a list of them (variable length).
  H5Builder& strings(const std::string& object, const std::string& name,
                     const std::vector<std::string>& values);
  /// As h5py writes numpy's fixed-length bytes.
  H5Builder& fixed_strings(const std::string& object, const std::string& name, std::size_t width,
                           const std::string& padded);

 private:
  static hid_t type_of(std::uint8_t) { return H5T_NATIVE_UINT8; }
  static hid_t type_of(std::int8_t) { return H5T_NATIVE_INT8; }
  static hid_t type_of(std::int16_t) { return H5T_NATIVE_INT16; }
  static hid_t type_of(std::int32_t) { return H5T_NATIVE_INT32; }
  static hid_t type_of(std::int64_t) { return H5T_NATIVE_INT64; }
  static hid_t type_of(std::uint64_t) { return H5T_NATIVE_UINT64; }
  static hid_t type_of(float) { return H5T_NATIVE_FLOAT; }
  static hid_t type_of(double) { return H5T_NATIVE_DOUBLE; }
  H5Builder& put_raw(const std::string& name, const std::vector<hsize_t>& dims, hid_t type,
                     const void* values, const Storage& storage);
  void attribute(const std::string& object, const std::string& name, hid_t type, hsize_t count,
                 const void* values);

  hid_t file_;
};

/// 0, 1, 2, ... (modulo 251 for bytes, so that neighbours differ).
std::vector<std::uint8_t> counting_bytes(std::size_t count);
std::vector<float> counting_floats(std::size_t count);
/// Labels 0, 1, ..., classes - 1, 0, 1, ...
template <class T>
std::vector<T> cyclic_labels(std::size_t count, std::size_t classes) {
  std::vector<T> labels;
  for (std::size_t i = 0; i < count; ++i) {
    labels.push_back(static_cast<T>(i % classes));
  }
  return labels;
}

/// A small valid data set: uint8, `channels` x 2 x 3, labels int64 in [0, 3), without validation.
/// Row r of /train starts with byte r * row size (counting).
void write_image_set(const std::filesystem::path& path, hsize_t train_rows, hsize_t channels = 1,
                     const Storage& storage = {});

}  // namespace hermes::data::test
