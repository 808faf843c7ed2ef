#include "hermes/data/tensor_file.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "data/hdf5.hpp"
#include "hermes/core/assert.hpp"
#include "hermes/data/atomic_file.hpp"

namespace hermes::data {
namespace {

using hdf5::Extent;
using hdf5::Handle;
using hdf5::Place;

constexpr hsize_t kChunkValuesMax = hsize_t{1} << 24;  // 64 MiB; HDF5 itself stops at 4 GiB

/// Chunks of whole rows with a checksum. A single value cannot be chunked and has none.
Handle tensor_storage(const std::vector<hsize_t>& dims, std::size_t size, const Place& place) {
  Handle storage = hdf5::creation_properties(H5P_DATASET_CREATE, place);
  if (dims.empty() || size == 0) {
    return storage;
  }
  std::vector<hsize_t> chunk = dims;
  const hsize_t row = std::max<hsize_t>(1, size / chunk[0]);
  chunk[0] = std::clamp<hsize_t>(kChunkValuesMax / row, 1, chunk[0]);
  hdf5::check(H5Pset_chunk(storage.id(), static_cast<int>(chunk.size()), chunk.data()), place,
              "preparing");
  hdf5::check(H5Pset_fletcher32(storage.id()), place, "preparing");
  return storage;
}

struct ElementType {
  hid_t in_file;
  hid_t in_memory;
};

void write_array(hid_t file, const std::string& name, const std::vector<hsize_t>& dims,
                 const ElementType& type, const void* values, const Place& place) {
  const std::uint64_t size =
      std::accumulate(dims.begin(), dims.end(), std::uint64_t{1}, std::multiplies<>());
  const Handle space = hdf5::own(
      dims.empty() ? H5Screate(H5S_SCALAR)
                   : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
      H5Sclose, place, "preparing");
  const Handle links = hdf5::own(H5Pcreate(H5P_LINK_CREATE), H5Pclose, place, "preparing");
  hdf5::check(H5Pset_create_intermediate_group(links.id(), 1), place, "preparing");
  const Handle storage = tensor_storage(dims, size, place);
  const Handle dataset = hdf5::own(H5Dcreate2(file, name.c_str(), type.in_file, space.id(),
                                              links.id(), storage.id(), H5P_DEFAULT),
                                   H5Dclose, place, "creating the tensor");
  if (size > 0) {
    hdf5::check(H5Dwrite(dataset.id(), type.in_memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values),
                place, "writing");
  }
}

void write_tensor(hid_t file, const TensorView& tensor, const Place& place) {
  const std::uint64_t size = std::accumulate(tensor.dims.begin(), tensor.dims.end(),
                                             std::uint64_t{1}, std::multiplies<>());
  HERMES_ASSERT(size == tensor.values.size(), "tensor: values do not fill the shape");
  write_array(file, tensor.name, {tensor.dims.begin(), tensor.dims.end()},
              {H5T_IEEE_F32LE, H5T_NATIVE_FLOAT}, tensor.values.data(), place);
}

/// Writes each kind of attribute value in the form that h5py would choose.
struct AttributeWriter {
  hid_t file;
  const std::string& name;
  const Place& place;

  void operator()(const std::string& value) const {
    hdf5::write_strings(file, name, {value}, Extent::Scalar, place);
  }
  void operator()(std::int64_t value) const {
    hdf5::write_integers(file, name, {value}, Extent::Scalar, place);
  }
  void operator()(double value) const {
    hdf5::write_numbers(file, name, {value}, Extent::Scalar, place);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    HERMES_ASSERT(!values.empty(), "attribute: empty list");
    hdf5::write_integers(file, name, values, Extent::List, place);
  }
  void operator()(const std::vector<double>& values) const {
    HERMES_ASSERT(!values.empty(), "attribute: empty list");
    hdf5::write_numbers(file, name, values, Extent::List, place);
  }
};

/// What a walk through the groups of a file has found.
struct Listing {
  std::vector<std::string> datasets;
  std::size_t objects = 0;
  bool is_too_large = false;
};

/// HDF5 goes down into groups by recursion.
herr_t collect_dataset(hid_t, const char* name, const H5O_info_t* info, void* data) noexcept {
  constexpr std::size_t kObjectsMax = std::size_t{1} << 16;
  constexpr std::ptrdiff_t kDepthMax = 16;
  auto& listing = *static_cast<Listing*>(data);
  const std::string_view path(name);
  listing.is_too_large =
      ++listing.objects > kObjectsMax || std::ranges::count(path, '/') > kDepthMax;
  if (info->type == H5O_TYPE_DATASET) {
    listing.datasets.emplace_back(path);
  }
  return listing.is_too_large ? 1 : 0;
}

std::vector<std::string> dataset_names(hid_t file, const Place& place) {
  Listing listing;
  hdf5::check(
      H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, collect_dataset, &listing, H5O_INFO_BASIC), place,
      "listing");
  if (listing.is_too_large) {
    hdf5::fail(place, "expected tensors, found too many objects or groups in one another");
  }
  std::ranges::sort(listing.datasets);
  return listing.datasets;
}

herr_t collect_attribute(hid_t, const char* name, const H5A_info_t*, void* names) noexcept {
  static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  return 0;
}

/// `claimed` counts the bytes of all datasets so far: several may lie at the same place of the
/// file.
void read_dataset(hid_t file, const std::string& name, const Place& place, TensorFile& content,
                  double& claimed) {
  const Handle dataset =
      hdf5::own(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose, place, "opening");
  const hdf5::ArrayType type = hdf5::array_type(dataset.id(), place);
  const bool is_bytes =
      type.kind == H5T_INTEGER && type.element_bytes == 1 && type.dims.size() == 1;
  if (!is_bytes && type.kind != H5T_FLOAT) {
    hdf5::fail(place, "expected floats, found " + type.element_name());
  }
  const std::size_t size =
      std::accumulate(type.dims.begin(), type.dims.end(), std::size_t{1}, std::multiplies<>());
  hsize_t file_bytes = 0;
  hdf5::check(H5Fget_filesize(file, &file_bytes), place, "reading the size of the file");
  claimed += static_cast<double>(size) * static_cast<double>(is_bytes ? 1 : sizeof(float));
  if (!hdf5::is_plausible_size(claimed, file_bytes)) {
    hdf5::fail(place, "expected tensors that fit into a file of " + std::to_string(file_bytes) +
                          " bytes, found " + type.shape_text() + " values here");
  }
  const auto read = [&](hid_t memory_type, void* values) {
    if (size > 0) {
      hdf5::check(H5Dread(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), place,
                  "reading");
    }
  };
  if (is_bytes) {
    ByteBlock block{name, Bytes(size)};
    read(H5T_NATIVE_UINT8, block.bytes.data());
    content.blocks.push_back(std::move(block));
    return;
  }
  Tensor tensor{name, {type.dims.begin(), type.dims.end()}, {}};
  tensor.values.resize(size);
  read(H5T_NATIVE_FLOAT, tensor.values.data());
  content.tensors.push_back(std::move(tensor));
}

void read_attribute(hid_t file, const std::string& name, const Place& place,
                    Attributes& attributes) {
  const Handle attribute =
      hdf5::own(H5Aopen(file, name.c_str(), H5P_DEFAULT), H5Aclose, place, "opening an attribute");
  const Handle type = hdf5::own(H5Aget_type(attribute.id()), H5Tclose, place, "reading a type");
  const Handle space = hdf5::own(H5Aget_space(attribute.id()), H5Sclose, place, "reading a shape");
  const bool scalar = H5Sget_simple_extent_type(space.id()) == H5S_SCALAR;
  if (!scalar && H5Sget_simple_extent_ndims(space.id()) != 1) {
    return;
  }
  switch (H5Tget_class(type.id())) {
    case H5T_STRING:
      if (scalar) {
        attributes[name] = hdf5::read_strings(file, name.c_str(), place)->front();
      }
      return;
    case H5T_INTEGER: {
      std::vector<std::int64_t> values = *hdf5::read_integers(file, name.c_str(), place);
      attributes[name] = scalar ? AttributeValue(values.front()) : AttributeValue(values);
      return;
    }
    case H5T_FLOAT: {
      std::vector<double> values = *hdf5::read_numbers(file, name.c_str(), place);
      attributes[name] = scalar ? AttributeValue(values.front()) : AttributeValue(values);
      return;
    }
    default:
      return;
  }
}

}  // namespace

const Tensor* TensorFile::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(tensors, name, {}, &Tensor::name);
  return found != tensors.end() && found->name == name ? &*found : nullptr;
}

void write_tensor_file(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       const Attributes& attributes, std::span<const ByteBlockView> blocks) {
  AtomicFile output(path);
  hdf5::LibraryLock lock;
  const Place place{path.string(), ""};
  const Handle file = hdf5::create_image(place);
  for (const TensorView& tensor : tensors) {
    write_tensor(file.id(), tensor, place.at(tensor.name));
  }
  for (const ByteBlockView& block : blocks) {
    write_array(file.id(), block.name, {block.bytes.size()}, {H5T_STD_U8LE, H5T_NATIVE_UINT8},
                block.bytes.data(), place.at(block.name));
  }
  for (const auto& [name, value] : attributes) {
    std::visit(AttributeWriter{file.id(), name, place}, value);
  }
  const std::span<const std::byte> image = hdf5::image_bytes(file, place);
  const hdf5::LibraryLock::Pause pause(lock);  // a slow disk holds up nobody who reads rows
  output.write(image);
  output.commit();
}

TensorFile read_tensor_file(const std::filesystem::path& path) {
  const hdf5::LibraryLock lock;
  const Handle file = hdf5::open_file(path);
  const Place place{path.string(), ""};
  TensorFile content;
  double claimed = 0.0;
  for (const std::string& name : dataset_names(file.id(), place)) {
    read_dataset(file.id(), name, place.at(name), content, claimed);
  }
  std::vector<std::string> names;
  hdf5::check(
      H5Aiterate2(file.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_attribute, &names), place,
      "listing attributes");
  for (const std::string& name : names) {
    read_attribute(file.id(), name, place, content.attributes);
  }
  return content;
}

}  // namespace hermes::data
