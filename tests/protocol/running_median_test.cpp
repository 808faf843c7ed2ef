#include "hermes/protocol/strategies/running_median.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "hermes/core/random.hpp"

namespace hermes::protocol {
namespace {

TEST(RunningMedianTest, one_odd_round_leaves_it_alone) {
  RunningMedian times;
  for (const double seconds : {2.0, 2.1, 90.0, 1.9, 2.0}) {
    times.add(seconds);
  }
  EXPECT_DOUBLE_EQ(times.value(), 2.0);
  EXPECT_DOUBLE_EQ(times.last(), 2.0);
}

TEST(RunningMedianTest, clear_forgets_everything) {
  RunningMedian times;
  times.add(8.0);
  times.clear();
  EXPECT_TRUE(times.empty());
  times.add(1.0);
  EXPECT_DOUBLE_EQ(times.value(), 1.0);
}

TEST(RunningMedianTest, equals_the_median_of_the_sorted_tail) {
  RandomStream random(1, RandomPurpose::Test);
  RunningMedian times;
  std::vector<double> all;
  for (int i = 0; i < 500; ++i) {
    all.push_back(random.uniform());
    times.add(all.back());
    const std::size_t count = std::min(all.size(), RunningMedian::kWindow);
    std::vector<double> tail(all.end() - static_cast<std::ptrdiff_t>(count), all.end());
    std::sort(tail.begin(), tail.end());
    EXPECT_DOUBLE_EQ(times.value(), 0.5 * (tail[(count - 1) / 2] + tail[count / 2]));
  }
}

}  // namespace
}  // namespace hermes::protocol
