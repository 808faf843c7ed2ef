#include "hermes/protocol/strategies/zipline.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <queue>
#include <tuple>

#include "hermes/core/assert.hpp"

namespace hermes::protocol {

std::vector<std::uint32_t> zipline(std::span<const double> intervals, std::uint32_t horizon) {
  HERMES_ASSERT(horizon > 0, "zipline: a horizon of no rounds");
  // The sorted lists of all workers are merged: the heap holds the next point of each, so its
  // smallest and the largest seen so far span one point of every worker.
  using Point = std::tuple<double, std::size_t>;  // time, worker
  std::priority_queue<Point, std::vector<Point>, std::greater<>> next;
  std::vector<std::uint32_t> rounds(intervals.size(), 1);
  double latest = 0.0;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    next.emplace(intervals[i], i);
    latest = std::max(latest, intervals[i]);
  }
  std::vector<std::uint32_t> best = rounds;
  double best_span = std::numeric_limits<double>::infinity();
  while (!next.empty()) {
    const auto [earliest, worker] = next.top();
    if (latest - earliest < best_span) {
      best_span = latest - earliest;
      best = rounds;
    }
    if (rounds[worker] == horizon) {
      break;
    }
    next.pop();
    const double point = ++rounds[worker] * intervals[worker];
    latest = std::max(latest, point);
    next.emplace(point, worker);
  }
  return best;
}

}  // namespace hermes::protocol
