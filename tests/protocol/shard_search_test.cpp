// The dual binary search against exhaustive search, and against the paper authors' program.
#include "hermes/protocol/strategies/shard_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <tuple>
#include <vector>

#include "hermes/core/random.hpp"

namespace hermes::protocol {
namespace {

/// Every pair, ordered by what the header says is optimised.
std::optional<ShardChoice> search_all(const ShardSearch& search) {
  using Order = std::tuple<double, double, double, std::uint32_t>;  // the least is the best
  std::optional<ShardChoice> best;
  Order best_order{};
  for (std::uint32_t m = search.minibatch_min; m <= search.minibatch_max; m *= 2) {
    for (std::uint64_t rows = search.rows_min; rows <= search.rows_max(m); ++rows) {
      const double seconds = search.round_seconds(rows, m);
      const double error = std::abs(seconds - search.target);
      const bool fits = error <= search.tolerance * search.target;
      const Order order{fits ? -1.0 : error, -static_cast<double>(rows),
                        std::abs(static_cast<double>(m) - search.minibatch), m};
      if (!best || order < best_order) {
        best = ShardChoice{rows, m, seconds, fits};
        best_order = order;
      }
    }
  }
  return best;
}

/// T = ceil(rows / m) * (a + b m), within `rows_max` rows.
ShardSearch simple_search(double a, double b, double target, std::uint64_t rows_max) {
  ShardSearch search;
  search.target = target;
  search.rows_max = [rows_max](std::uint32_t) { return rows_max; };
  search.round_seconds = [a, b](std::uint64_t rows, std::uint32_t m) {
    return std::ceil(static_cast<double>(rows) / m) * (a + b * m);
  };
  return search;
}

TEST(ShardSearchTest, equals_exhaustive_search) {
  RandomStream random(1, RandomPurpose::Test);
  std::array<int, 2> counts{};
  for (int trial = 0; trial < 4000; ++trial) {
    ShardSearch search;
    search.rows_min = 1 + random.below(20);
    search.minibatch_min = 1U << random.below(4);
    search.minibatch_max = search.minibatch_min << random.below(5);
    search.minibatch = 1U << random.below(9);
    search.tolerance = random.uniform() < 0.2 ? 0.0 : 0.2 * random.uniform();
    const std::uint64_t memory = 10 + random.below(150);
    const std::uint64_t per_minibatch = random.below(3);
    const std::uint32_t smallest = search.minibatch_min;
    search.rows_max = [=](std::uint32_t m) {
      const std::uint64_t taken = per_minibatch * m;
      return taken < memory ? memory - taken : m == smallest ? 1 : 0;
    };
    // One line per mini-batch, in no order; integers make ties and plateaus frequent.
    std::array<double, 10> k{};
    for (double& value : k) {
      value = static_cast<double>(random.below(5)) * (random.uniform() < 0.5 ? 1.0 : 0.37);
    }
    search.round_seconds = [k](std::uint64_t rows, std::uint32_t m) {
      return k[static_cast<std::size_t>(std::log2(m))] * static_cast<double>((rows + m - 1) / m);
    };
    search.target = 0.5 + static_cast<double>(random.below(80));

    const std::optional<ShardChoice> expected = search_all(search);
    const ShardChoice found = find_shard(search);
    if (!expected) {
      EXPECT_FALSE(found.fits);
      EXPECT_EQ(found.minibatch, search.minibatch_min);
      continue;
    }
    ASSERT_EQ(found.rows, expected->rows) << "trial " << trial;
    ASSERT_EQ(found.minibatch, expected->minibatch) << "trial " << trial;
    ASSERT_EQ(found.seconds, expected->seconds) << "trial " << trial;
    ASSERT_EQ(found.fits, expected->fits) << "trial " << trial;
    ++counts[found.fits ? 1 : 0];
  }
  EXPECT_GT(counts[0], 300);
  EXPECT_GT(counts[1], 1000);
}

TEST(ShardSearchTest, most_rows_within_the_tolerance_win) {
  ShardSearch search = simple_search(1.0, 0.0, 100.0, 100'000);
  const ShardChoice choice = find_shard(search);
  EXPECT_TRUE(choice.fits);
  EXPECT_EQ(choice.minibatch, 256U);
  EXPECT_EQ(choice.rows, 110U * 256U);
  search.minibatch_max = 16;
  EXPECT_EQ(find_shard(search).rows, 110U * 16U);
}

TEST(ShardSearchTest, among_equals_the_mini_batch_stays_near_the_present_one) {
  ShardSearch search = simple_search(1.0, 0.0, 10.0, 2);
  search.rows_min = 2;
  search.tolerance = 1.0;  // every mini-batch takes the two rows in one step
  for (const std::uint32_t present : {2U, 16U, 256U}) {
    search.minibatch = present;
    EXPECT_EQ(find_shard(search).minibatch, present);
  }
  search.minibatch = 24;  // 16 and 32 are equally near
  EXPECT_EQ(find_shard(search).minibatch, 16U);
}

TEST(ShardSearchTest, out_of_reach_the_nearest_is_taken_and_flagged) {
  ShardSearch slow = simple_search(0.0, 1.0, 3.0, 1000);
  slow.rows_min = 100;
  const ShardChoice at_least = find_shard(slow);
  EXPECT_FALSE(at_least.fits);
  EXPECT_EQ(at_least.rows, 100U);
  EXPECT_EQ(at_least.seconds, 100.0);

  const ShardChoice at_most = find_shard(simple_search(0.0, 1.0, 5000.0, 1000));
  EXPECT_FALSE(at_most.fits);
  EXPECT_EQ(at_most.rows, 1000U);
}

TEST(ShardSearchTest, without_room_for_the_fewest_rows_the_smallest_mini_batch_gets_what_fits) {
  ShardSearch search = simple_search(1.0, 0.0, 10.0, 5);
  search.rows_min = 50;
  const ShardChoice choice = find_shard(search);
  EXPECT_FALSE(choice.fits);
  EXPECT_EQ(choice.rows, 5U);
  EXPECT_EQ(choice.minibatch, 2U);
}

/// The search of the paper authors' program: a linear scan of shard sizes until |T - T*| <= 1 s.
/// When a shard size does not do it takes another mini-batch: a smaller one for a worker that is
/// too slow (though that makes more steps of the same rows, and T longer), a larger one for a
/// worker that is too fast.
ShardChoice authors_search(const ShardSearch& search, std::uint64_t rows) {
  constexpr double kSeconds = 1.0;
  constexpr std::uint64_t kStride = 100;
  std::uint32_t m = search.minibatch;
  ShardChoice tried;
  for (;;) {
    const bool is_slow = search.round_seconds(rows, m) > search.target;
    const std::uint64_t end = is_slow ? std::max(rows / 2, search.rows_min) : rows * 2;
    for (std::uint64_t r = rows; is_slow ? r >= end : r <= end; r += is_slow ? -kStride : kStride) {
      tried = {r, m, search.round_seconds(r, m), false};
      if (std::abs(tried.seconds - search.target) <= kSeconds) {
        tried.fits = true;
        return tried;
      }
    }
    if (is_slow ? m <= search.minibatch_min : m >= search.minibatch_max) {
      return tried;
    }
    m = is_slow ? m / 2 : m * 2;
  }
}

TEST(ShardSearchTest, meets_the_target_where_the_authors_search_walks_away_from_it) {
  // A slow worker: each step costs 1 s and 0.01 s per row; T = 182 s, T* = 40 s.
  ShardSearch search = simple_search(1.0, 0.01, 40.0, 5000);
  search.rows_min = 1000;
  const std::uint64_t rows = 2500;
  EXPECT_NEAR(search.round_seconds(rows, search.minibatch), 182.1, 0.1);

  const ShardChoice theirs = authors_search(search, rows);
  EXPECT_FALSE(theirs.fits);
  EXPECT_LT(theirs.minibatch, search.minibatch);
  EXPECT_GT(theirs.seconds, 10.0 * search.target);

  const ShardChoice ours = find_shard(search);
  EXPECT_TRUE(ours.fits);
  EXPECT_GT(ours.minibatch, search.minibatch);
  EXPECT_NEAR(ours.seconds, search.target, 0.1 * search.target);
}

TEST(ShardSearchTest, tolerance_is_relative_where_the_authors_is_blind_to_short_rounds) {
  // T = 0.8 s, four times T* = 0.2 s: within one second, so their search changes nothing.
  const ShardSearch search = simple_search(0.8 / 157.0, 0.0, 0.2, 2500);
  const ShardChoice theirs = authors_search(search, 2500);
  EXPECT_TRUE(theirs.fits);
  EXPECT_EQ(theirs.rows, 2500U);
  EXPECT_NEAR(theirs.seconds, 0.8, 1e-9);
  EXPECT_NEAR(find_shard(search).seconds, 0.2, 0.02);
}

}  // namespace
}  // namespace hermes::protocol
