#include "hermes/data/shard.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "data/interleave.hpp"
#include "hermes/core/assert.hpp"
#include "hermes/core/buffer.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/vector_ops.hpp"

namespace hermes::data {
namespace {

// Bounds the scratch memory where the file's order differs, and the work between two slices.
constexpr std::uint64_t kSliceBytes = std::uint64_t{1} << 20;

std::uint64_t slice_rows(const DatasetInfo& info) {
  return std::max<std::uint64_t>(1, kSliceBytes / info.row_bytes());
}

bool needs_reordering(const DatasetInfo& info) {
  return !info.channels_last && info.features.channels > 1 && !info.features.flat;
}

/// channels x positions -> positions x channels, for each row.
template <class T>
void reorder_rows(const std::byte* source, std::byte* target, std::size_t rows,
                  const FeatureShape& shape) {
  for (std::size_t row = 0; row < rows; ++row) {
    interleave(reinterpret_cast<const T*>(source) + row * shape.size(), shape.channels,
               shape.height * shape.width, reinterpret_cast<T*>(target) + row * shape.size());
  }
}

/// Asks for a row that is wanted next. Rows of a mini-batch lie anywhere in the shard, so hardware
/// would notice only when the row is half done; of a long row the beginning is enough.
void prefetch(const std::byte* row, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  constexpr std::size_t kBytesMax = 2048;
  for (std::size_t i = 0; i < std::min(bytes, kBytesMax); i += kLine) {
    __builtin_prefetch(row + i);
  }
}

}  // namespace

Shard::Shard(const Dataset& dataset, std::uint32_t class_count)
    : Shard(dataset.info(), class_count) {
  dataset_ = &dataset;
}

Shard::Shard(const DatasetInfo& info, std::uint32_t class_count)
    : dataset_(nullptr),
      info_(&info),
      class_count_(class_count),
      targets_(info.target_columns),
      normalization_(info) {
  HERMES_ASSERT(class_count > 0, "shard without classes");
}

void Shard::load(const RowSelection& selection) {
  start(selection);
  load_some(std::numeric_limits<std::uint64_t>::max());
}

void Shard::start(const RowSelection& selection) {
  HERMES_ASSERT(dataset_ != nullptr, "shard without a data set to read");
  const std::uint64_t rows = selection.row_count();
  expect(rows);
  selection_ = selection;
  if (needs_reordering(*info_)) {
    resize_without_copy(file_order_, std::min(rows, slice_rows(*info_)) * info_->row_bytes());
  }
}

void Shard::expect(std::uint64_t rows) {
  clear();
  const DatasetInfo& info = *info_;
  if (rows > std::numeric_limits<std::uint32_t>::max()) {
    throw DataError(info.path.string() + ": shard: expected fewer than 2^32 rows, found " +
                    std::to_string(rows));
  }
  targets_.resize(rows);
  resize_without_copy(features_, rows * info.row_bytes());
}

void Shard::append(std::span<const std::byte> features, const Targets& targets) {
  const DatasetInfo& info = *info_;
  const std::size_t rows = features.size() / info.row_bytes();
  if (rows > row_count() - loaded_rows_) {
    throw DataError(info.path.string() + ": rows: expected " + std::to_string(row_count()) +
                    ", found more");
  }
  std::visit([this](auto values) { check_targets(values); }, targets);
  if (info.element_type == ElementType::Float32 &&
      !all_finite(
          {reinterpret_cast<const float*>(features.data()), features.size() / sizeof(float)})) {
    throw DataError(info.path.string() + ": rows: expected finite numbers, found others");
  }
  keep_rows(features.data(), rows);
  targets_.put(loaded_rows_, rows, targets);
  loaded_rows_ += rows;
}

void Shard::check_targets(std::span<const std::int32_t> labels) const {
  const auto bad = std::ranges::find_if(labels, [this](std::int32_t label) {
    return label < 0 || static_cast<std::uint32_t>(label) >= class_count_;
  });
  if (bad != labels.end()) {
    throw DataError(info_->path.string() + ": rows: expected labels in [0, " +
                    std::to_string(class_count_) + "), found " + std::to_string(*bad));
  }
}

void Shard::check_targets(std::span<const float> numbers) const {
  if (!all_finite(numbers)) {
    throw DataError(info_->path.string() + ": rows: expected finite numbers in y, found others");
  }
}

/// Features of rows as they are in the file -> behind the rows that are there.
void Shard::keep_rows(const std::byte* features, std::size_t rows) {
  std::byte* target = features_.data() + loaded_rows_ * info_->row_bytes();
  if (!needs_reordering(*info_)) {
    std::memcpy(target, features, rows * info_->row_bytes());
  } else if (info_->element_type == ElementType::Uint8) {
    reorder_rows<std::uint8_t>(features, target, rows, info_->features);
  } else {
    reorder_rows<float>(features, target, rows, info_->features);
  }
}

bool Shard::load_some(std::uint64_t row_max) {
  const std::uint64_t slice = slice_rows(*info_);
  try {
    while (!loaded() && row_max > 0) {
      const RowRange& range = selection_.ranges[next_range_];
      const std::uint64_t count = std::min({range.count - next_in_range_, slice, row_max});
      read_range({range.first + next_in_range_, count});
      next_in_range_ += count;
      row_max -= count;
      if (next_in_range_ == range.count) {
        ++next_range_;
        next_in_range_ = 0;
      }
    }
  } catch (...) {
    clear();
    throw;
  }
  return loaded();
}

void Shard::read_range(RowRange range) {
  const std::size_t bytes = range.count * info_->row_bytes();
  if (needs_reordering(*info_)) {
    dataset_->read_features(selection_.split, range, std::span(file_order_).first(bytes));
    keep_rows(file_order_.data(), range.count);
  } else {
    const std::size_t before = loaded_rows_ * info_->row_bytes();
    dataset_->read_features(selection_.split, range, std::span(features_).subspan(before, bytes));
  }
  dataset_->read_targets(selection_.split, range, targets_.rows(loaded_rows_, range.count),
                         class_count_);
  loaded_rows_ += range.count;
}

void Shard::clear() {
  selection_.ranges.clear();
  next_range_ = 0;
  next_in_range_ = 0;
  loaded_rows_ = 0;
  targets_.resize(0);  // features_ keeps its size: only growth would have to be zeroed
}

std::size_t Shard::bytes() const {
  return features_.capacity() + file_order_.capacity() + targets_.bytes() + normalization_.bytes();
}

void Shard::fill_batch(std::span<const std::uint32_t> indices, std::span<float> x,
                       const TargetSpan& targets) const {
  const DatasetInfo& info = *info_;
  const std::size_t row_size = info.features.size();
  HERMES_ASSERT(loaded(), "shard is not loaded");
  HERMES_ASSERT(x.size() == indices.size() * row_size, "mini-batch: wrong output size");
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const std::uint32_t index = indices[i];
    HERMES_ASSERT(index < row_count(), "mini-batch: row outside the shard");
    const std::byte* row = features_.data() + index * info.row_bytes();
    if (i + 1 < indices.size()) {
      prefetch(features_.data() + indices[i + 1] * info.row_bytes(), info.row_bytes());
    }
    const std::span<float> out = x.subspan(i * row_size, row_size);
    if (info.element_type == ElementType::Uint8) {
      normalization_.apply({reinterpret_cast<const std::uint8_t*>(row), row_size}, out);
    } else {
      normalization_.apply({reinterpret_cast<const float*>(row), row_size}, out);
    }
  }
  targets_.gather(indices, targets);
}

std::size_t shard_bytes(const DatasetInfo& info, std::uint64_t row_count) {
  const std::size_t scratch =
      needs_reordering(info) ? std::min(row_count, slice_rows(info)) * info.row_bytes() : 0;
  return row_count * (info.row_bytes() + info.target_bytes()) + scratch +
         Normalization::bytes_of(info);
}

}  // namespace hermes::data
