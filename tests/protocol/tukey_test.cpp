// Quartiles and fences against tables and an obviously correct slow version.
#include "hermes/protocol/strategies/tukey.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "hermes/core/random.hpp"

namespace hermes::protocol {
namespace {

/// Walks along the broken line through (i / (n - 1), x_i) until it passes p.
double slow_quantile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  const auto last = static_cast<double>(values.size() - 1);
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    const double left = static_cast<double>(i) / last;
    const double right = static_cast<double>(i + 1) / last;
    if (p <= right) {
      return values[i] + (p - left) / (right - left) * (values[i + 1] - values[i]);
    }
  }
  return values.back();
}

TEST(TukeyTest, quantiles_follow_the_table) {
  EXPECT_DOUBLE_EQ(quantile(std::vector{3.0}, 0.25), 3.0);
  EXPECT_DOUBLE_EQ(quantile(std::vector{4.0, 2.0}, 0.25), 2.5);
  EXPECT_DOUBLE_EQ(quantile(std::vector{1.0, 2.0, 3.0, 4.0}, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(quantile(std::vector{1.0, 2.0, 3.0, 4.0}, 0.75), 3.25);
  EXPECT_DOUBLE_EQ(quantile(std::vector{7.0, 15.0, 36.0, 39.0, 40.0, 41.0}, 0.25), 20.25);
  EXPECT_DOUBLE_EQ(quantile(std::vector{5.0, 1.0, 9.0}, 0.0), 1.0);
  EXPECT_DOUBLE_EQ(quantile(std::vector{5.0, 1.0, 9.0}, 1.0), 9.0);
}

TEST(TukeyTest, median_of_an_even_number_is_the_mean_of_the_middle_two) {
  EXPECT_DOUBLE_EQ(median(std::vector{4.0, 1.0, 3.0, 100.0}), 3.5);
  EXPECT_DOUBLE_EQ(median(std::vector{4.0, 1.0, 3.0}), 3.0);
}

TEST(TukeyTest, quantiles_equal_those_of_the_slow_version) {
  RandomStream random(1, RandomPurpose::Test);
  for (int trial = 0; trial < 5000; ++trial) {
    std::vector<double> values(1 + random.below(12));
    for (double& value : values) {
      // Few different values, so that ties are frequent.
      value = random.uniform() < 0.5 ? static_cast<double>(random.below(4)) : random.uniform();
    }
    for (const double p : {0.0, 0.25, 0.5, 0.75, 1.0, random.uniform()}) {
      EXPECT_NEAR(quantile(values, p), slow_quantile(values, p), 1e-12) << "trial " << trial;
    }
  }
}

TEST(TukeyTest, outliers_equal_those_of_the_slow_version) {
  RandomStream random(2, RandomPurpose::Test);
  int outliers = 0;
  for (int trial = 0; trial < 5000; ++trial) {
    std::vector<double> others(1 + random.below(9));
    for (double& other : others) {
      other = 1.0 + static_cast<double>(random.below(8));
    }
    const double value = 0.3 + 16.0 * random.uniform();
    const double ratio = value / slow_quantile(others, 0.5);
    const double q1 = slow_quantile(others, 0.25);
    const double q3 = slow_quantile(others, 0.75);
    const bool expected = others.size() < 4
                              ? ratio > 1.5 || ratio < 1.0 / 1.5
                              : value < q1 - 1.5 * (q3 - q1) || value > q3 + 1.5 * (q3 - q1);
    EXPECT_EQ(is_outlier(value, fences_of(others)), expected) << "trial " << trial;
    outliers += expected ? 1 : 0;
  }
  EXPECT_GT(outliers, 500);
  EXPECT_LT(outliers, 4500);
}

TEST(TukeyTest, fences_belong_to_the_inliers) {
  const Fences fences = fences_of(std::vector{1.0, 2.0, 3.0, 4.0});
  EXPECT_EQ(fences.kind, Fences::Kind::Tukey);
  EXPECT_DOUBLE_EQ(fences.low, -0.5);
  EXPECT_DOUBLE_EQ(fences.high, 5.5);
  EXPECT_FALSE(is_outlier(5.5, fences));
  EXPECT_TRUE(is_outlier(std::nextafter(5.5, 6.0), fences));
}

TEST(TukeyTest, fewer_than_four_others_are_judged_by_the_ratio) {
  const Fences fences = fences_of(std::vector{2.0, 2.0, 30.0});
  EXPECT_EQ(fences.kind, Fences::Kind::Ratio);
  EXPECT_FALSE(is_outlier(3.0, fences));
  EXPECT_TRUE(is_outlier(3.01, fences));
  EXPECT_TRUE(is_outlier(1.3, fences));
}

}  // namespace
}  // namespace hermes::protocol
