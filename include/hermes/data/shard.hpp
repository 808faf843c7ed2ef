#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/data/dataset.hpp"
#include "hermes/data/normalization.hpp"

namespace hermes::data {

/// The rows of one assignment in memory: features in the file's element type (uint8 stays uint8)
/// but always in the order height x width x channels, and their targets: labels or numbers. Row i
/// is the i-th row of the selection in file order. Only the selected rows are read.
///
/// Lifetime: the data set, or its description, outlives the shard. Call order: (load | (start
/// load_some* until done) | (expect append* until done)) then reads, again and again; a later
/// assignment uses the same memory where it fits. A load that throws leaves the shard empty.
/// Single-threaded.
class Shard {
 public:
  /// Labels, where y holds them, must be in [0, class_count): the number of outputs of the model.
  Shard(const Dataset& dataset, std::uint32_t class_count);
  /// For rows that somebody else reads: `expect` and `append` only.
  Shard(const DatasetInfo& info, std::uint32_t class_count);

  /// Reads the rows. Throws DataError for unreadable data, labels out of range, NaN or infinity.
  void load(const RowSelection& selection);
  /// The same in slices, for who has to answer between them.
  void start(const RowSelection& selection);
  /// Reads about `row_max` rows more; true when all rows are there.
  bool load_some(std::uint64_t row_max);
  /// Makes room for rows that are handed over by `append`. Throws DataError for 2^32 and more.
  void expect(std::uint64_t row_count);
  /// Takes the next rows: features in the file's element type and channel order. Checks targets and
  /// float features as reading does. Throws DataError for rows beyond those expected.
  void append(std::span<const std::byte> features, const Targets& targets);
  bool loaded() const { return loaded_rows_ == targets_.row_count(); }

  std::uint32_t row_count() const { return static_cast<std::uint32_t>(targets_.row_count()); }
  const DatasetInfo& info() const { return *info_; }
  const FeatureShape& shape() const { return info_->features; }
  Targets targets() const { return targets_.rows(0, targets_.row_count()); }
  /// Memory that the shard holds (capacity, not use).
  std::size_t bytes() const;

  /// Fills a mini-batch: x = normalised rows, indices.size() x height x width x channels
  /// (or x features), targets in the same order. Requires: loaded(), indices < row_count().
  void fill_batch(std::span<const std::uint32_t> indices, std::span<float> x,
                  const TargetSpan& targets) const;

 private:
  void clear();
  void read_range(RowRange range);
  void keep_rows(const std::byte* features, std::size_t rows);
  void check_targets(std::span<const std::int32_t> labels) const;
  void check_targets(std::span<const float> numbers) const;

  const Dataset* dataset_;  // nullptr: rows are appended
  const DatasetInfo* info_;
  std::uint32_t class_count_;
  RowSelection selection_;
  std::size_t next_range_ = 0;  // of selection_, the first not wholly read
  std::uint64_t next_in_range_ = 0;
  std::size_t loaded_rows_ = 0;
  AlignedVector<std::byte> features_;
  AlignedVector<std::byte> file_order_;  // one slice as it is in the file, where orders differ
  TargetBuffer targets_;
  Normalization normalization_;
};

/// Memory that a shard of `row_count` rows takes, for planning; `Shard::bytes()` is not more.
std::size_t shard_bytes(const DatasetInfo& info, std::uint64_t row_count);

}  // namespace hermes::data
