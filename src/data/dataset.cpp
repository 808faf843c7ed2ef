#include "hermes/data/dataset.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "data/dataset_layout.hpp"
#include "hermes/core/assert.hpp"
#include "hermes/core/buffer.hpp"
#include "hermes/core/hash.hpp"
#include "hermes/core/vector_ops.hpp"

namespace hermes::data {
namespace {

constexpr std::uint64_t kScanBytes = std::uint64_t{4} << 20;
constexpr std::uint64_t kLabelBlock = std::uint64_t{1} << 16;
constexpr Split kSplits[] = {Split::Train, Split::Validation, Split::Test};

/// Properties of transfers that convert few numbers: HDF5 clears its whole conversion buffer, 1 MiB
/// unless told otherwise, for each read.
hdf5::Handle short_transfer(const hdf5::Place& place) {
  constexpr std::size_t kConversionBytes = std::size_t{16} << 10;
  hdf5::Handle properties =
      hdf5::own(H5Pcreate(H5P_DATASET_XFER), H5Pclose, place, "preparing to read");
  hdf5::check(H5Pset_buffer(properties.id(), kConversionBytes, nullptr, nullptr), place,
              "preparing to read");
  return properties;
}

/// One hyperslab: whole rows of an array, converted to `memory_type`.
void read_rows(const RowArray& array, RowRange rows, hid_t memory_type, hid_t transfer, void* out) {
  HERMES_ASSERT(rows.first + rows.count <= array.row_count(), "rows outside the data set");
  const std::size_t rank = array.type.dims.size();
  std::vector<hsize_t> start(rank, 0);
  std::vector<hsize_t> count = array.type.dims;
  start[0] = rows.first;
  count[0] = rows.count;
  hdf5::check(H5Sselect_hyperslab(array.space.id(), H5S_SELECT_SET, start.data(), nullptr,
                                  count.data(), nullptr),
              array.place, "selecting rows");
  const hdf5::Handle memory =
      hdf5::own(H5Screate_simple(static_cast<int>(rank), count.data(), nullptr), H5Sclose,
                array.place, "selecting rows");
  if (H5Dread(array.dataset.id(), memory_type, memory.id(), array.space.id(), transfer, out) < 0) {
    hdf5::fail_with_reason(array.place, "reading rows " + std::to_string(rows.first) + " to " +
                                            std::to_string(rows.first + rows.count - 1));
  }
}

void check_finite(std::span<const float> values, std::size_t row_size, std::uint64_t first_row,
                  const hdf5::Place& place) {
  if (all_finite(values)) {
    return;
  }
  const auto bad = static_cast<std::size_t>(
      std::find_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); }) -
      values.begin());
  hdf5::fail(place, "row " + std::to_string(first_row + bad / row_size) + ", column " +
                        std::to_string(bad % row_size) + ": expected a finite number, found " +
                        std::to_string(values[bad]));
}

}  // namespace

const char* group_name(Split split) {
  switch (split) {
    case Split::Train:
      return "/train";
    case Split::Validation:
      return "/validation";
    case Split::Test:
      return "/test";
  }
  HERMES_ASSERT(false, "unknown split");
}

class Dataset::File {
 public:
  explicit File(const std::filesystem::path& path)
      : layout_(open_layout(path)), short_transfer_(short_transfer({path.string(), ""})) {}

  const DatasetInfo& info() const { return layout_.info; }
  std::uint64_t bytes_read() const { return bytes_read_; }

  void read_features(Split split, RowRange rows, std::span<std::byte> out) {
    const RowArray& x = open(split).x;
    HERMES_ASSERT(out.size() == rows.count * info().row_bytes(), "features: wrong output size");
    if (rows.count == 0) {
      return;
    }
    const bool uint8 = info().element_type == ElementType::Uint8;
    read_rows(x, rows, uint8 ? H5T_NATIVE_UINT8 : H5T_NATIVE_FLOAT, H5P_DEFAULT, out.data());
    bytes_read_ += out.size();
    if (!uint8) {
      const std::span<const float> values(reinterpret_cast<const float*>(out.data()),
                                          out.size() / sizeof(float));
      check_finite(values, info().features.size(), rows.first, x.place);
    }
  }

  void read_labels(Split split, RowRange rows, std::span<std::int32_t> out,
                   std::uint32_t class_count) {
    const RowArray& y = open(split).y;
    HERMES_ASSERT(out.size() == rows.count, "labels: wrong output size");
    const std::int64_t end =
        class_count > 0 ? class_count : std::numeric_limits<std::int32_t>::max();
    wide_labels_.resize(std::min(rows.count, kLabelBlock));
    for (std::uint64_t done = 0; done < rows.count; done += kLabelBlock) {
      const RowRange block{rows.first + done, std::min(kLabelBlock, rows.count - done)};
      read_rows(y, block, H5T_NATIVE_INT64, short_transfer_.id(), wide_labels_.data());
      bytes_read_ += block.count * y.type.element_bytes;
      for (std::uint64_t i = 0; i < block.count; ++i) {
        if (wide_labels_[i] < 0 || wide_labels_[i] >= end) {
          hdf5::fail(y.place, "row " + std::to_string(block.first + i) +
                                  ": expected a label in [0, " + std::to_string(end) + "), found " +
                                  std::to_string(wide_labels_[i]));
        }
        out[done + i] = static_cast<std::int32_t>(wide_labels_[i]);
      }
    }
  }

  void read_values(Split split, RowRange rows, std::span<float> out) {
    const RowArray& y = open(split).y;
    HERMES_ASSERT(out.size() == rows.count * info().target_columns, "targets: wrong output size");
    if (rows.count == 0) {
      return;
    }
    read_rows(y, rows, H5T_NATIVE_FLOAT, short_transfer_.id(), out.data());
    bytes_read_ += rows.count * info().target_columns * y.type.element_bytes;
    check_finite(out, info().target_columns, rows.first, y.place);
  }

  void read_targets(Split split, RowRange rows, const TargetSpan& out, std::uint32_t class_count) {
    if (info().has_labels()) {
      read_labels(split, rows, std::get<std::span<std::int32_t>>(out), class_count);
    } else {
      read_values(split, rows, std::get<std::span<float>>(out));
    }
  }

  std::uint32_t class_count() {
    HERMES_ASSERT(info().has_labels(), "classes of a data set without labels");
    if (class_count_ == 0) {
      class_count_ = static_cast<std::uint32_t>(info().class_names.size());
    }
    if (class_count_ == 0) {
      scan_targets(0, [this](const Targets& targets) {
        const auto labels = std::get<std::span<const std::int32_t>>(targets);
        const auto largest = static_cast<std::uint32_t>(*std::ranges::max_element(labels));
        class_count_ = std::max(class_count_, largest + 1);
      });
    }
    return class_count_;
  }

  void check_values(std::uint32_t class_count) {
    scan_targets(class_count, [](const Targets&) {});
    if (info().element_type == ElementType::Uint8) {
      return;  // every byte is a valid value
    }
    const std::uint64_t block = std::max<std::uint64_t>(1, kScanBytes / info().row_bytes());
    AlignedVector<std::byte> values;
    for (const Split split : kSplits) {
      const std::uint64_t rows = info().row_count(split);
      for (std::uint64_t first = 0; first < rows; first += block) {
        const RowRange range{first, std::min(block, rows - first)};
        values.resize(range.count * info().row_bytes());
        read_features(split, range, values);
      }
    }
  }

 private:
  const OpenSplit& open(Split split) const {
    const auto& found = layout_.splits[static_cast<std::size_t>(split)];
    HERMES_ASSERT(found.has_value(), "split that the data set does not have");
    return *found;
  }

  template <class Use>
  void scan_targets(std::uint32_t class_count, const Use& use) {
    TargetBuffer targets(info().target_columns);
    const std::uint64_t block = std::max<std::uint64_t>(1, kScanBytes / info().target_bytes());
    for (const Split split : kSplits) {
      const std::uint64_t rows = info().row_count(split);
      for (std::uint64_t first = 0; first < rows; first += block) {
        const std::uint64_t count = std::min(block, rows - first);
        targets.resize(count);
        read_targets(split, {first, count}, targets.rows(0, count), class_count);
        use(std::as_const(targets).rows(0, count));
      }
    }
  }

  DatasetLayout layout_;
  hdf5::Handle short_transfer_;
  std::vector<std::int64_t> wide_labels_;  // scratch: HDF5 converts any integer type to this
  std::uint32_t class_count_ = 0;
  std::uint64_t bytes_read_ = 0;
};

Dataset::Dataset(const std::filesystem::path& path) {
  const hdf5::LibraryLock lock;
  file_ = std::make_unique<File>(path);
}

Dataset::~Dataset() {
  const hdf5::LibraryLock lock;
  file_.reset();
}

Dataset::Dataset(Dataset&&) noexcept = default;

Dataset& Dataset::operator=(Dataset&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

const DatasetInfo& Dataset::info() const {
  return file_->info();
}

std::uint32_t Dataset::class_count() const {
  const hdf5::LibraryLock lock;
  return file_->class_count();
}

void Dataset::read_features(Split split, RowRange rows, std::span<std::byte> out) const {
  const hdf5::LibraryLock lock;
  file_->read_features(split, rows, out);
}

void Dataset::read_labels(Split split, RowRange rows, std::span<std::int32_t> out,
                          std::uint32_t class_count) const {
  const hdf5::LibraryLock lock;
  file_->read_labels(split, rows, out, class_count);
}

void Dataset::read_targets(Split split, RowRange rows, const TargetSpan& out,
                           std::uint32_t class_count) const {
  const hdf5::LibraryLock lock;
  file_->read_targets(split, rows, out, class_count);
}

void Dataset::check_values(std::uint32_t class_count) const {
  const hdf5::LibraryLock lock;
  file_->check_values(class_count);
}

std::uint64_t Dataset::bytes_read() const {
  const hdf5::LibraryLock lock;
  return file_->bytes_read();
}

std::uint64_t Dataset::content_hash() const {
  constexpr std::uint64_t kRows = 16;  // of each split
  const DatasetInfo& about = info();
  Fnv1a hash;
  hash.add(std::as_bytes(std::span(about.mean))).add(std::as_bytes(std::span(about.scale)));
  for (const std::string& name : about.class_names) {
    hash.add(name);
  }
  Bytes features(about.row_bytes());
  TargetBuffer targets(about.target_columns);
  targets.resize(1);
  for (const Split split : kSplits) {
    const std::uint64_t rows = about.row_count(split);
    const std::uint64_t count = std::min(rows, kRows);
    for (std::uint64_t i = 0; i < count; ++i) {
      const RowRange row{i * (rows - 1) / std::max<std::uint64_t>(count - 1, 1), 1};
      read_features(split, row, features);
      read_targets(split, row, targets.rows(0, 1), 0);
      hash.add(features);
      std::visit([&hash](const auto& values) { hash.add(std::as_bytes(values)); },
                 std::as_const(targets).rows(0, 1));
    }
  }
  return hash.value();
}

}  // namespace hermes::data
