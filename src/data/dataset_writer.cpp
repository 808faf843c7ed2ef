#include "data/dataset_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>

#include "data/dataset_layout.hpp"
#include "data/hdf5.hpp"
#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/random.hpp"
#include "hermes/data/atomic_file.hpp"

namespace hermes::data {
namespace {

using hdf5::Handle;
using hdf5::Place;

constexpr std::uint64_t kChunkBytes = std::uint64_t{128} << 10;
constexpr std::uint64_t kChunkRowsMin = 16;
constexpr unsigned kGzipLevel = 4;  // h5py's default

std::vector<std::uint64_t> training_order(std::uint64_t rows, const ConvertOptions& options) {
  std::vector<std::uint64_t> order(rows);
  std::iota(order.begin(), order.end(), 0U);
  RandomStream(options.seed, RandomPurpose::Conversion).shuffle(std::span<std::uint64_t>(order));
  order.resize(std::min(rows, options.limit.value_or(rows)));
  return order;
}

struct Moments {
  std::vector<double> mean;
  std::vector<double> scale;
};

/// Calls use(channel, value) for each value of the chosen rows.
template <class T, class Use>
void for_each_value(const DatasetContent& content, const std::vector<std::uint64_t>& rows,
                    const Use& use) {
  const std::size_t positions = content.shape.height * content.shape.width;
  const T* values = reinterpret_cast<const T*>(content.train.features.data());
  for (const std::uint64_t row : rows) {
    const T* value = values + row * content.shape.size();
    for (std::size_t channel = 0; channel < content.shape.channels; ++channel) {
      for (std::size_t i = 0; i < positions; ++i, ++value) {
        use(channel, static_cast<double>(*value));
      }
    }
  }
}

/// Two passes: the plain sum of squares would cancel for large means.
template <class T>
Moments moments(const DatasetContent& content, const std::vector<std::uint64_t>& rows) {
  const std::size_t channels = content.shape.channels;
  const double count = static_cast<double>(rows.size()) *
                       static_cast<double>(content.shape.height * content.shape.width);
  Moments result{std::vector<double>(channels, 0.0), std::vector<double>(channels, 0.0)};
  for_each_value<T>(content, rows, [&](std::size_t c, double x) { result.mean[c] += x; });
  for (double& mean : result.mean) {
    mean /= count;
  }
  for_each_value<T>(content, rows, [&](std::size_t c, double x) {
    result.scale[c] += (x - result.mean[c]) * (x - result.mean[c]);
  });
  for (double& scale : result.scale) {
    const double deviation = std::sqrt(scale / count);
    scale = deviation > 0.0 ? 1.0 / deviation : 1.0;  // a constant becomes 0, not NaN
  }
  return result;
}

Handle create_features(hid_t file, const DatasetContent& content, std::uint64_t rows, bool compress,
                       const Place& place) {
  std::vector<hsize_t> dims{rows, content.shape.channels};
  if (!content.shape.flat) {
    dims.insert(dims.end(), {content.shape.height, content.shape.width});
  }
  const auto rank = static_cast<int>(dims.size());
  const Handle space =
      hdf5::own(H5Screate_simple(rank, dims.data(), nullptr), H5Sclose, place, "preparing");
  const Handle storage = hdf5::creation_properties(H5P_DATASET_CREATE, place);
  dims[0] = rows_per_chunk(rows, content.row_bytes());
  hdf5::check(H5Pset_chunk(storage.id(), rank, dims.data()), place, "preparing");
  if (compress) {
    hdf5::check(H5Pset_deflate(storage.id(), kGzipLevel), place, "preparing");
  }
  const hid_t type = content.element_type == ElementType::Uint8 ? H5T_STD_U8LE : H5T_IEEE_F32LE;
  return hdf5::own(H5Dcreate2(file, place.object.c_str(), type, space.id(), H5P_DEFAULT,
                              storage.id(), H5P_DEFAULT),
                   H5Dclose, place, "creating");
}

/// Gathers the rows chunk by chunk, so that each chunk is written once and memory stays small.
void write_features(hid_t dataset, const DatasetContent& content, const Rows& source,
                    const std::vector<std::uint64_t>& rows, const Place& place) {
  const std::size_t row_bytes = content.row_bytes();
  const bool uint8 = content.element_type == ElementType::Uint8;
  const std::uint64_t chunk = rows_per_chunk(rows.size(), row_bytes);
  std::vector<std::byte> block(chunk * row_bytes);
  const Handle space = hdf5::own(H5Dget_space(dataset), H5Sclose, place, "writing");
  std::vector<hsize_t> count{0, content.shape.channels, content.shape.height, content.shape.width};
  count.resize(content.shape.flat ? 2 : 4);
  std::vector<hsize_t> start(count.size(), 0);
  for (std::uint64_t first = 0; first < rows.size(); first += chunk) {
    start[0] = first;
    count[0] = std::min<std::uint64_t>(chunk, rows.size() - first);
    for (std::uint64_t i = 0; i < count[0]; ++i) {
      std::memcpy(block.data() + i * row_bytes,
                  source.features.data() + rows[first + i] * row_bytes, row_bytes);
    }
    hdf5::check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(),
                                    nullptr),
                place, "writing");
    const Handle memory =
        hdf5::own(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose,
                  place, "writing");
    hdf5::check(H5Dwrite(dataset, uint8 ? H5T_NATIVE_UINT8 : H5T_NATIVE_FLOAT, memory.id(),
                         space.id(), H5P_DEFAULT, block.data()),
                place, "writing");
  }
}

/// Some rows of an array whose rows have so many values.
template <class T>
std::vector<T> chosen_rows(const std::vector<T>& values, std::size_t columns,
                           const std::vector<std::uint64_t>& rows) {
  std::vector<T> chosen;
  chosen.reserve(rows.size() * columns);
  for (const std::uint64_t row : rows) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(row * columns);
    chosen.insert(chosen.end(), first, first + static_cast<std::ptrdiff_t>(columns));
  }
  return chosen;
}

void write_targets(hid_t file, const DatasetContent& content, const Rows& source,
                   const std::vector<std::uint64_t>& rows, const Place& place) {
  if (content.target_columns == 0) {
    hdf5::write_array(file, {rows.size()}, H5T_STD_I32LE, H5T_NATIVE_INT32,
                      chosen_rows(source.labels, 1, rows).data(), place);
    return;
  }
  std::vector<hsize_t> dims{rows.size()};
  if (content.target_columns > 1) {
    dims.push_back(content.target_columns);
  }
  hdf5::write_array(file, dims, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT,
                    chosen_rows(source.values, content.target_columns, rows).data(), place);
}

void write_split(hid_t file, Split split, const DatasetContent& content,
                 const std::vector<std::uint64_t>& rows, bool compress, const Place& place) {
  const Rows& source = split == Split::Train ? content.train : content.test;
  const Place group = place.at(group_name(split));
  const Handle creation = hdf5::creation_properties(H5P_GROUP_CREATE, group);
  const Handle made =
      hdf5::own(H5Gcreate2(file, group.object.c_str(), H5P_DEFAULT, creation.id(), H5P_DEFAULT),
                H5Gclose, group, "creating");
  const Place x = place.at(group.object + "/x");
  const Handle features = create_features(file, content, rows.size(), compress, x);
  write_features(features.id(), content, source, rows, x);
  write_targets(file, content, source, rows, place.at(group.object + "/y"));
}

void check_content(const DatasetContent& content, const ConvertOptions& options) {
  const std::string output = options.output.string();
  if (options.limit == 0U) {
    throw DataError(output + ": limit: expected at least 1 row, found 0");
  }
  const std::size_t train_rows = content.row_count(content.train);
  const std::size_t test_rows = content.row_count(content.test);
  if (train_rows == 0 || test_rows == 0) {
    throw DataError(output + ": expected at least 1 training and 1 test row, found " +
                    std::to_string(train_rows) + " and " + std::to_string(test_rows));
  }
  if (content.target_columns > kTargetColumnsMax || content.row_bytes() > kRowBytesMax) {
    throw DataError(output + ": expected rows of at most " + std::to_string(kRowBytesMax) +
                    " bytes and " + std::to_string(kTargetColumnsMax) + " target columns, found " +
                    std::to_string(content.row_bytes()) + " and " +
                    std::to_string(content.target_columns));
  }
  const std::size_t names = options.class_names.size();
  if (content.target_columns > 0) {
    if (names > 0) {
      throw DataError(output + ": class names: expected none, as y holds numbers, found " +
                      std::to_string(names));
    }
    return;
  }
  const auto largest = std::max(*std::ranges::max_element(content.train.labels),
                                *std::ranges::max_element(content.test.labels));
  if (names > 0 && static_cast<std::size_t>(largest) >= names) {
    throw DataError(output + ": class names: expected at least " + std::to_string(largest + 1) +
                    " for the largest label " + std::to_string(largest) + ", found " +
                    std::to_string(names));
  }
}

}  // namespace

std::uint64_t rows_per_chunk(std::uint64_t rows, std::size_t row_bytes) {
  HERMES_ASSERT(rows > 0 && row_bytes > 0, "chunk of nothing");
  return std::min(rows, std::max(kChunkRowsMin, kChunkBytes / row_bytes));
}

DatasetInfo write_dataset(const DatasetContent& content, const ConvertOptions& options) {
  check_content(content, options);
  const std::vector<std::uint64_t> train =
      training_order(content.row_count(content.train), options);
  std::vector<std::uint64_t> test(content.row_count(content.test));
  std::iota(test.begin(), test.end(), 0U);
  const Moments statistics = content.element_type == ElementType::Uint8
                                 ? moments<std::uint8_t>(content, train)
                                 : moments<float>(content, train);

  AtomicFile output(options.output);
  {
    const hdf5::LibraryLock lock;
    const Place place{options.output.string(), ""};
    const Handle file = hdf5::create_image(place);
    write_split(file.id(), Split::Train, content, train, options.compress, place);
    write_split(file.id(), Split::Test, content, test, options.compress, place);
    hdf5::write_numbers(file.id(), "mean", statistics.mean, hdf5::Extent::List, place);
    hdf5::write_numbers(file.id(), "scale", statistics.scale, hdf5::Extent::List, place);
    if (!options.class_names.empty()) {
      hdf5::write_strings(file.id(), "class_names", options.class_names, hdf5::Extent::List, place);
    }
    output.write(hdf5::image_bytes(file, place));
  }
  output.commit();
  return Dataset(options.output).info();
}

}  // namespace hermes::data
