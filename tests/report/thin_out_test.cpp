#include "report/thin_out.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace hermes::report {
namespace {

std::vector<Point> ramp(std::size_t count) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < count; ++i) {
    points.push_back({static_cast<double>(i), 1.0});
  }
  return points;
}

TEST(ThinOutTest, few_points_stay_as_they_are) {
  EXPECT_EQ(thin_out(ramp(10), 10), ramp(10));
  EXPECT_TRUE(thin_out({}, 10).empty());
}

TEST(ThinOutTest, many_points_become_few_in_the_same_order_with_both_ends) {
  for (const std::size_t count : {5U, 101U, 5000U}) {
    const std::vector<Point> kept = thin_out(ramp(count), 100);
    EXPECT_LE(kept.size(), std::min<std::size_t>(count, 100));
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end(),
                               [](const Point& a, const Point& b) { return a.x < b.x; }));
    EXPECT_EQ(kept.front().x, 0.0);
    EXPECT_EQ(kept.back().x, static_cast<double>(count - 1));
  }
}

TEST(ThinOutTest, no_peak_is_lost) {
  std::vector<Point> points = ramp(5000);
  points[1234].y = 9.0;
  points[4321].y = -9.0;
  EXPECT_THAT(thin_out(points, 40),
              testing::IsSupersetOf({Point{1234.0, 9.0}, Point{4321.0, -9.0}}));
}

TEST(EvenlySpreadTest, first_and_last_are_always_among_them) {
  EXPECT_THAT(evenly_spread(3, 12), testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(evenly_spread(100, 3), testing::ElementsAre(0, 49, 99));
  EXPECT_THAT(evenly_spread(100, 1), testing::ElementsAre(0));
  EXPECT_TRUE(evenly_spread(0, 3).empty());
}

}  // namespace
}  // namespace hermes::report
