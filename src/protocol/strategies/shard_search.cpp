#include "hermes/protocol/strategies/shard_search.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "hermes/core/assert.hpp"

namespace hermes::protocol {
namespace {

/// The largest x in [low, high] for which `holds(x)`; it holds for low and, once it fails, for no
/// larger x.
template <class Predicate>
std::uint64_t last_that(std::uint64_t low, std::uint64_t high, const Predicate& holds) {
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2 + 1;
    if (holds(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

std::uint64_t distance(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : b - a;
}

/// One mini-batch: T is a function of the rows alone.
class RowSearch {
 public:
  RowSearch(const ShardSearch& search, std::uint32_t minibatch)
      : search_(search), minibatch_(minibatch), rows_max_(search.rows_max(minibatch)) {}

  ShardChoice best() const {
    const std::uint64_t rows = last_up_to(search_.target * search_.tolerance);
    if (error(rows) <= search_.target * search_.tolerance) {
      return choice(rows, true);
    }
    // Nothing lies within the tolerance: the nearest is the last before T*, or the first after.
    const std::uint64_t before = last_up_to(0.0);
    if (seconds(before) > search_.target) {
      return choice(last_up_to(seconds(before) - search_.target), false);
    }
    if (before == rows_max_) {
      return choice(before, false);
    }
    const std::uint64_t after = last_up_to(seconds(before + 1) - search_.target);
    return choice(error(before) < error(after) ? before : after, false);
  }

 private:
  double seconds(std::uint64_t rows) const { return search_.round_seconds(rows, minibatch_); }
  double error(std::uint64_t rows) const { return std::abs(seconds(rows) - search_.target); }
  /// The most rows with T - T* <= excess, or the fewest there are.
  std::uint64_t last_up_to(double excess) const {
    return last_that(search_.rows_min, rows_max_, [this, excess](std::uint64_t rows) {
      return seconds(rows) - search_.target <= excess;
    });
  }
  ShardChoice choice(std::uint64_t rows, bool fits) const {
    return {.rows = rows, .minibatch = minibatch_, .seconds = seconds(rows), .fits = fits};
  }

  const ShardSearch& search_;
  std::uint32_t minibatch_;
  std::uint64_t rows_max_;
};

bool is_better(const ShardChoice& a, const ShardChoice& b, const ShardSearch& search) {
  if (a.fits != b.fits) {
    return a.fits;
  }
  const double error_a = std::abs(a.seconds - search.target);
  const double error_b = std::abs(b.seconds - search.target);
  if (!a.fits && error_a != error_b) {
    return error_a < error_b;
  }
  if (a.rows != b.rows) {
    return a.rows > b.rows;
  }
  return distance(a.minibatch, search.minibatch) < distance(b.minibatch, search.minibatch);
}

}  // namespace

ShardChoice find_shard(const ShardSearch& search) {
  HERMES_ASSERT(search.target > 0.0 && search.tolerance >= 0.0, "shard search: no target");
  HERMES_ASSERT(std::has_single_bit(search.minibatch_min) &&
                    std::has_single_bit(search.minibatch_max) &&
                    search.minibatch_min <= search.minibatch_max && search.rows_min > 0,
                "shard search: mini-batches are powers of two, rows at least one");
  const std::uint32_t smallest = search.minibatch_min;
  const auto sizes = static_cast<std::uint64_t>(std::countr_zero(search.minibatch_max) -
                                                std::countr_zero(smallest));
  const auto has_room = [&search, smallest](std::uint64_t i) {
    return search.rows_max(smallest << i) >= search.rows_min;
  };
  if (!has_room(0)) {
    const std::uint64_t rows = search.rows_max(smallest);
    HERMES_ASSERT(rows > 0, "shard search: no room for a single row");
    return {.rows = rows,
            .minibatch = smallest,
            .seconds = search.round_seconds(rows, smallest),
            .fits = false};
  }
  const std::uint64_t largest = last_that(0, sizes, has_room);
  std::optional<ShardChoice> best;
  for (std::uint64_t i = 0; i <= largest; ++i) {
    const ShardChoice choice = RowSearch(search, smallest << i).best();
    if (!best || is_better(choice, *best, search)) {
      best = choice;
    }
  }
  return *best;
}

}  // namespace hermes::protocol
