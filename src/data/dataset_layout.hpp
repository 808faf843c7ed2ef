#pragma once

#include <array>
#include <optional>

#include "data/hdf5.hpp"
#include "hermes/data/dataset.hpp"

/// Opens the objects of a data set file and checks them against the layout of README.md. Private.
namespace hermes::data {

/// What a file may ask for.
inline constexpr std::size_t kRowBytesMax = std::size_t{1} << 30;
inline constexpr std::size_t kTargetColumnsMax = std::size_t{1} << 20;

/// An HDF5 dataset whose rows are its first dimension.
struct RowArray {
  hdf5::Handle dataset;
  hdf5::Handle space;
  hdf5::ArrayType type;
  hdf5::Place place;

  std::uint64_t row_count() const { return type.dims[0]; }
};

struct OpenSplit {
  RowArray x;
  RowArray y;
};

struct DatasetLayout {
  hdf5::Handle file;
  std::array<std::optional<OpenSplit>, 3> splits;  // by Split; validation may be missing
  DatasetInfo info;
};

DatasetLayout open_layout(const std::filesystem::path& path);

}  // namespace hermes::data
