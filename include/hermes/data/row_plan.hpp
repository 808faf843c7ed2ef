#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hermes/data/dataset.hpp"
#include "hermes/data/row_order.hpp"

namespace hermes::data {

/// Which rows of a data set train, which validate, and what a segment means: the same on every
/// rank that builds it from the same file, validation size and seed.
///
/// Lifetime: the data set outlives the plan. Single-threaded. Keeps the order last used, so that
/// segments of one order cost little; only a ByLabel segment reads anything (/train/y, once).
class RowPlan {
 public:
  /// `validation_count` rows of /train validate; not used where the file has /validation.
  /// Throws DataError when too few rows would be left to train (or none to validate).
  RowPlan(const Dataset& dataset, std::uint64_t validation_count, std::uint64_t run_seed);

  std::uint64_t training_count() const { return training_count_; }
  RowSelection validation() const { return validation_; }
  /// All training rows, in file order.
  RowSelection training() const;
  /// All rows of /test.
  RowSelection test() const;
  /// The training rows of a segment. Throws DataError when it has more rows, or more pieces of
  /// label pools, than there are rows.
  RowSelection select(const Segment& segment);

 private:
  const RowOrder& order_of(const Segment& segment);

  const Dataset* dataset_;
  RowSelection validation_;
  std::vector<RowRange> blocks_;
  std::uint64_t training_count_ = 0;
  std::optional<RowOrder> order_;
  Segment ordered_;  // of which order_ was made
};

}  // namespace hermes::data
