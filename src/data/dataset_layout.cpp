#include "data/dataset_layout.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

namespace hermes::data {
namespace {

using hdf5::Handle;
using hdf5::Place;

constexpr std::uint64_t kRowsMax = std::uint64_t{1} << 40;
constexpr std::size_t kChunkCacheMin = std::size_t{1} << 20;   // HDF5's default
constexpr std::size_t kChunkCacheMax = std::size_t{32} << 20;  // per open dataset

/// Enough cache for all chunks that one row touches: otherwise rows that are read one after the
/// other would decompress the same chunks again and again. (h5py's automatic chunks cut rows.)
/// Whole rows that are stored as they are need none: HDF5 then reads them from the file to where
/// they are wanted, without the rest of their chunk and without a copy.
std::size_t chunk_cache_bytes(const hdf5::ArrayType& type) {
  const bool has_whole_rows = std::equal(type.chunk.begin() + 1, type.chunk.end(),
                                         type.dims.begin() + 1, std::greater_equal<>());
  if (has_whole_rows && !type.is_filtered) {
    return 0;
  }
  double band = static_cast<double>(type.element_bytes);
  for (std::size_t i = 0; i < type.chunk.size(); ++i) {
    const auto chunk = static_cast<double>(type.chunk[i]);
    band *= i == 0 ? chunk : std::ceil(static_cast<double>(type.dims[i]) / chunk) * chunk;
  }
  const double bytes =
      std::clamp(band, static_cast<double>(kChunkCacheMin), static_cast<double>(kChunkCacheMax));
  return static_cast<std::size_t>(bytes);
}

RowArray open_array(hid_t file, const Place& place) {
  if (!hdf5::exists(file, place.object, place)) {
    hdf5::fail(place, "missing");
  }
  RowArray array;
  array.place = place;
  const Handle access = hdf5::link_access(H5P_DATASET_ACCESS, place);
  array.dataset =
      hdf5::own(H5Dopen2(file, place.object.c_str(), access.id()), H5Dclose, place, "opening");
  array.type = hdf5::array_type(array.dataset.id(), place);
  if (!array.type.chunk.empty()) {
    hdf5::check(H5Pset_chunk_cache(access.id(), H5D_CHUNK_CACHE_NSLOTS_DEFAULT,
                                   chunk_cache_bytes(array.type), H5D_CHUNK_CACHE_W0_DEFAULT),
                place, "opening");
    array.dataset = Handle();  // an open dataset would keep its first cache
    array.dataset =
        hdf5::own(H5Dopen2(file, place.object.c_str(), access.id()), H5Dclose, place, "opening");
  }
  array.space = hdf5::own(H5Dget_space(array.dataset.id()), H5Sclose, place, "reading the shape");
  return array;
}

void check_features(const RowArray& x) {
  const hdf5::ArrayType& type = x.type;
  const bool uint8 = type.kind == H5T_INTEGER && type.element_bytes == 1 && !type.is_signed;
  const bool float32 = type.kind == H5T_FLOAT && type.element_bytes == 4;
  if (!uint8 && !float32) {
    hdf5::fail(x.place, "expected uint8 or float32, found " + type.element_name());
  }
  if (type.dims.size() != 2 && type.dims.size() != 4) {
    hdf5::fail(x.place, "expected rank 4 (N x C x H x W) or 2 (N x F), found rank " +
                            std::to_string(type.dims.size()) + " (" + type.shape_text() + ")");
  }
  std::size_t row_bytes = type.element_bytes;
  for (std::size_t i = 1; i < type.dims.size(); ++i) {
    if (type.dims[i] == 0 || type.dims[i] > kRowBytesMax / row_bytes) {
      hdf5::fail(x.place, "expected rows of 1 byte to 1 GiB, found shape " + type.shape_text());
    }
    row_bytes *= type.dims[i];
  }
}

/// Labels are integers, numbers are floats: one for each row, or rows of them.
void check_targets(const RowArray& y) {
  const hdf5::ArrayType& type = y.type;
  const bool is_number =
      type.kind == H5T_FLOAT && (type.element_bytes == 4 || type.element_bytes == 8);
  if (type.kind != H5T_INTEGER && !is_number) {
    hdf5::fail(y.place,
               "expected integers (labels), float32 or float64, found " + type.element_name());
  }
  const std::size_t rank = type.dims.size();
  if (rank != 1 && !(is_number && rank == 2)) {
    hdf5::fail(y.place, std::string("expected rank 1 (N)") +
                            (is_number ? " or 2 (N x numbers)" : "") + ", found rank " +
                            std::to_string(rank) + " (" + type.shape_text() + ")");
  }
  if (rank == 2 && (type.dims[1] == 0 || type.dims[1] > kTargetColumnsMax)) {
    hdf5::fail(y.place, "expected 1 to " + std::to_string(kTargetColumnsMax) +
                            " numbers in a row, found shape " + type.shape_text());
  }
}

std::size_t target_columns(const RowArray& y) {
  if (y.type.kind == H5T_INTEGER) {
    return 0;
  }
  return y.type.dims.size() == 1 ? 1 : y.type.dims[1];
}

std::string target_text(std::size_t columns) {
  return columns == 0 ? "labels" : std::to_string(columns) + " of float numbers in a row";
}

std::optional<OpenSplit> open_split(hid_t file, Split split, const std::string& path) {
  const Place group{path, group_name(split)};
  if (!hdf5::exists(file, group.object, group)) {
    if (split == Split::Validation) {
      return std::nullopt;
    }
    hdf5::fail(group, "missing group (expected " + group.object + "/x and " + group.object + "/y)");
  }
  OpenSplit open{open_array(file, group.at(group.object + "/x")),
                 open_array(file, group.at(group.object + "/y"))};
  check_features(open.x);
  check_targets(open.y);
  const std::uint64_t rows = open.x.row_count();
  if (rows == 0 || rows > kRowsMax) {
    hdf5::fail(open.x.place, "expected 1 to 2^40 rows, found " + std::to_string(rows));
  }
  if (open.y.row_count() != rows) {
    hdf5::fail(open.y.place, "expected " + std::to_string(rows) + " rows as in " +
                                 open.x.place.object + ", found " +
                                 std::to_string(open.y.row_count()));
  }
  return open;
}

bool channels_last(const RowArray& x) {
  const auto layout = hdf5::read_strings(x.dataset.id(), "layout", x.place);
  if (!layout) {
    return false;
  }
  const std::string value = layout->size() == 1 ? layout->front() : "a list";
  const bool image = x.type.dims.size() == 4;
  if ((image && (value == "NHWC" || value == "NCHW")) || (!image && value == "NF")) {
    return value == "NHWC";
  }
  hdf5::fail(x.place, std::string("attribute layout: expected ") +
                          (image ? "NCHW or NHWC" : "NF or none for N x F") + ", found " + value);
}

FeatureShape feature_shape(const RowArray& x, bool last) {
  const std::vector<hsize_t>& dims = x.type.dims;
  if (dims.size() == 2) {
    return {dims[1], 1, 1, true};
  }
  return last ? FeatureShape{dims[3], dims[1], dims[2]} : FeatureShape{dims[1], dims[2], dims[3]};
}

std::vector<float> per_channel(hid_t file, const char* name, double otherwise,
                               const DatasetInfo& info) {
  const Place place{info.path.string(), ""};
  const std::size_t channels = info.features.channels;
  const auto given = hdf5::read_numbers(file, name, place);
  if (!given) {
    return std::vector<float>(channels, static_cast<float>(otherwise));
  }
  const Place where = place.at(std::string("attribute ") + name);
  if (given->size() != 1 && given->size() != channels) {
    hdf5::fail(where, "expected 1 or " + std::to_string(channels) + " values, found " +
                          std::to_string(given->size()));
  }
  std::vector<float> values;
  values.reserve(channels);
  for (std::size_t i = 0; i < channels; ++i) {
    const auto value = static_cast<float>((*given)[given->size() == 1 ? 0 : i]);
    if (!std::isfinite(value)) {
      hdf5::fail(where, "expected finite float32 values, found " + std::to_string(value) +
                            " at index " + std::to_string(i));
    }
    values.push_back(value);
  }
  return values;
}

void check_same_rows(const OpenSplit& open, bool last, const DatasetInfo& info) {
  if (feature_shape(open.x, last) != info.features || last != info.channels_last ||
      open.x.type.element_bytes != info.element_bytes()) {
    hdf5::fail(open.x.place, "expected rows as in /train/x, found " + open.x.type.element_name() +
                                 " " + open.x.type.shape_text() + (last ? " (NHWC)" : ""));
  }
  const std::size_t columns = target_columns(open.y);
  if (columns != info.target_columns) {
    hdf5::fail(open.y.place, "expected " + target_text(info.target_columns) +
                                 " as in /train/y, found " + target_text(columns));
  }
}

/// An upper bound, from what HDF5 documents of its caches and from the chunks of this array.
std::uint64_t reader_bytes(const hdf5::ArrayType& type) {
  constexpr std::uint64_t kConversion = std::uint64_t{1} << 20;  // and sieve buffer
  constexpr std::uint64_t kIndexEntry = 128;  // of a chunk, in the metadata cache
  constexpr std::uint64_t kMetadataMax = std::uint64_t{32} << 20;
  if (type.chunk.empty()) {
    return kConversion;
  }
  std::uint64_t whole = type.element_bytes;
  std::uint64_t chunk = type.element_bytes;
  std::uint64_t chunks = 1;
  for (std::size_t i = 0; i < type.chunk.size(); ++i) {
    whole *= type.dims[i];
    chunk *= type.chunk[i];
    chunks *= (type.dims[i] + type.chunk[i] - 1) / type.chunk[i];
  }
  constexpr std::uint64_t kChunksAtOnce = 2;  // beside the cache: packed and unpacked
  return kConversion + std::min<std::uint64_t>(chunk_cache_bytes(type), whole) +
         kChunksAtOnce * chunk + std::min(kMetadataMax, kIndexEntry * chunks);
}

}  // namespace

DatasetLayout open_layout(const std::filesystem::path& path) {
  DatasetLayout layout;
  layout.file = hdf5::open_file(path);
  DatasetInfo& info = layout.info;
  info.path = path;
  for (const Split split : {Split::Train, Split::Validation, Split::Test}) {
    const auto index = static_cast<std::size_t>(split);
    layout.splits[index] = open_split(layout.file.id(), split, path.string());
    if (!layout.splits[index]) {
      continue;
    }
    const RowArray& x = layout.splits[index]->x;
    const bool last = channels_last(x);
    info.rows[index] = x.row_count();
    info.reader_bytes += reader_bytes(x.type) + reader_bytes(layout.splits[index]->y.type);
    if (split == Split::Train) {
      info.channels_last = last;
      info.features = feature_shape(x, last);
      info.element_type = x.type.kind == H5T_FLOAT ? ElementType::Float32 : ElementType::Uint8;
      info.target_columns = target_columns(layout.splits[index]->y);
      info.chunk_rows = x.type.chunk.empty() ? 0 : x.type.chunk[0];
    }
    check_same_rows(*layout.splits[index], last, info);
  }
  const Place place{path.string(), ""};
  const bool uint8 = info.element_type == ElementType::Uint8;
  info.mean = per_channel(layout.file.id(), "mean", 0.0, info);
  info.scale = per_channel(layout.file.id(), "scale", uint8 ? 1.0 / 255.0 : 1.0, info);
  info.class_names = hdf5::read_strings(layout.file.id(), "class_names", place)
                         .value_or(std::vector<std::string>{});
  return layout;
}

}  // namespace hermes::data
