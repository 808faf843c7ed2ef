#include "hermes/data/row_range.hpp"

#include <algorithm>

#include "hermes/core/assert.hpp"

namespace hermes::data {

std::uint64_t RowSelection::row_count() const {
  std::uint64_t count = 0;
  for (const RowRange& range : ranges) {
    count += range.count;
  }
  return count;
}

std::vector<RowRange> joined(std::vector<RowRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const RowRange& a, const RowRange& b) { return a.first < b.first; });
  std::vector<RowRange> result;
  for (const RowRange& range : ranges) {
    if (range.count == 0) {
      continue;
    }
    if (!result.empty()) {
      RowRange& last = result.back();
      HERMES_ASSERT(last.first + last.count <= range.first, "row ranges overlap");
      if (last.first + last.count == range.first) {
        last.count += range.count;
        continue;
      }
    }
    result.push_back(range);
  }
  return result;
}

}  // namespace hermes::data
