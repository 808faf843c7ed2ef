#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hermes/data/row_range.hpp"

namespace hermes::data {

/// How the training rows are put in a line before workers get pieces of it.
enum class OrderKind : std::uint8_t {
  Shuffled = 0,  ///< blocks of rows permuted by a seed: every piece is a fair sample
  ByLabel = 1,   ///< pools of few labels, one after another (experiments with skewed shards)
};

/// How label-sorted rows become pools that each have few labels (McMahan et al. 2017, section 3):
/// the rows are cut into pools * pieces equal pieces, and pool i is pieces i, i + pools, ...
struct LabelPools {
  std::uint64_t pools = 1;   ///< > 0
  std::uint64_t pieces = 1;  ///< of each pool; > 0

  friend bool operator==(const LabelPools&, const LabelPools&) = default;
};

/// An assignment's rows in a few numbers: `count` rows from position `first` of the order made by
/// `kind` and `order_seed`. Positions wrap around at the end of the order. Who knows the data set,
/// the run's seed and its validation size gets the same rows from it, so no row list is sent.
struct Segment {
  OrderKind kind = OrderKind::Shuffled;
  std::uint64_t order_seed = 0;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  LabelPools label_pools{};  ///< ByLabel

  friend bool operator==(const Segment&, const Segment&) = default;
};

/// Rows per block of a shuffled order.
///
/// Why blocks: a segment of single random rows would touch nearly every chunk of a large file, and
/// each touched chunk is read (and decompressed) whole. So the unit is the file's chunk where it
/// has some; 64 rows where it has none. The block is held between 16 rows and, so that few large
/// chunks still mix, a 256th of the rows (but at least 64). Within a shard `ShuffledBatches`
/// shuffles row by row.
std::uint64_t block_rows(std::uint64_t rows, std::uint64_t chunk_rows);

/// The rows that train and the rows that validate, where validation is taken from /train: the
/// blocks permuted by (seed, RandomPurpose::Validation); the first `validation_count` rows of that
/// permutation validate, the others train.
struct TrainingDivision {
  std::vector<RowRange> validation;  ///< sorted and joined
  std::vector<RowRange> training;    ///< sorted, cut at block borders
};
/// Throws DataError unless validation_count < rows.
TrainingDivision divide_rows(std::uint64_t rows, std::uint64_t block,
                             std::uint64_t validation_count, std::uint64_t seed);

/// A line of all training rows, kept as ranges: a permutation of N rows in about N / block entries.
class RowOrder {
 public:
  /// The given ranges (blocks) permuted by (order_seed, RandomPurpose::Assignment).
  static RowOrder shuffled(std::span<const RowRange> blocks, std::uint64_t order_seed);
  /// The rows of the given ranges, sorted by label and cut into pools, one pool after another. The
  /// rows of a pool are mixed by (order_seed, RandomPurpose::Assignment, pool), so that any part of
  /// a pool is a fair sample of it. `labels` are those of all rows of /train.
  /// Requires: as many rows as pieces of all pools.
  static RowOrder by_label(std::span<const RowRange> blocks, std::span<const std::int32_t> labels,
                           const LabelPools& label_pools, std::uint64_t order_seed);

  std::uint64_t row_count() const { return ends_.empty() ? 0 : ends_.back(); }
  /// The rows at positions [first, first + count), wrapping around: sorted and joined, ready to be
  /// read by hyperslab. Requires: count <= row_count().
  std::vector<RowRange> rows(std::uint64_t first, std::uint64_t count) const;

 private:
  explicit RowOrder(std::vector<RowRange> pieces);
  void append(std::uint64_t first, std::uint64_t count, std::vector<RowRange>& out) const;

  std::vector<RowRange> pieces_;     // in order
  std::vector<std::uint64_t> ends_;  // position after the last row of each piece
};

}  // namespace hermes::data
