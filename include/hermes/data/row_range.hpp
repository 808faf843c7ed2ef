#pragma once

#include <cstdint>
#include <vector>

namespace hermes::data {

/// The parts of a data set. Test data never steers training.
enum class Split { Train, Validation, Test };

/// The rows [first, first + count) of one split.
struct RowRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;

  friend bool operator==(const RowRange&, const RowRange&) = default;
};

/// Rows of one split: ranges that are sorted, disjoint and never empty.
struct RowSelection {
  Split split = Split::Train;
  std::vector<RowRange> ranges;

  std::uint64_t row_count() const;
};

/// Sorts ranges that do not overlap and joins those that touch.
std::vector<RowRange> joined(std::vector<RowRange> ranges);

}  // namespace hermes::data
