#include "nn/losses/exponentials.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "hermes/core/simd.hpp"
#include "nn/support/bits.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

TEST(ExponentialsTest, equal_plain_loops_in_double_precision_on_every_instruction_set) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t count : testing::kRowLengths) {
      if (count == 0) {
        continue;
      }
      SCOPED_TRACE(::testing::Message() << to_string(target) << ", " << count << " logits");
      std::vector<float> logits = testing::random_values(count, 5);
      logits[count / 2] *= 30.0F;
      const double largest = *std::max_element(logits.begin(), logits.end());
      std::vector<float> exponentials(count + 1, 777.0F);
      const ExponentialSum found = sum_exponentials(logits, std::span(exponentials).first(count));
      EXPECT_EQ(found.largest, largest);
      double sum = 0.0;
      for (std::size_t i = 0; i < count; ++i) {
        const double expected = std::exp(static_cast<double>(logits[i]) - largest);
        EXPECT_NEAR(exponentials[i], expected, 1e-38 + 1e-7 * expected);
        sum += expected;
      }
      EXPECT_NEAR(found.sum, sum, 1e-14 * sum);
      EXPECT_EQ(exponentials.back(), 777.0F) << "written behind the end";
      EXPECT_EQ(sum_exponentials(logits, {}).sum, found.sum);
    }
  }
}

TEST(ExponentialsTest, nan_and_infinity_are_not_lost) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t count : {3U, 10U, 40U}) {
      for (std::size_t place = 0; place < count; ++place) {
        std::vector<float> logits = testing::random_values(count, 5);
        logits[place] = std::nanf("");
        EXPECT_TRUE(std::isnan(sum_exponentials(logits, {}).sum)) << to_string(target);
        logits[place] = kInfinity;
        EXPECT_TRUE(std::isnan(sum_exponentials(logits, {}).sum)) << to_string(target);
        logits[place] = -kInfinity;
        EXPECT_TRUE(std::isfinite(sum_exponentials(logits, {}).sum)) << to_string(target);
      }
      const std::vector<float> none(count, -kInfinity);
      const auto [largest, sum] = sum_exponentials(none, {});
      EXPECT_TRUE(std::isnan(std::log(sum) + largest - static_cast<double>(none[0])))
          << to_string(target);
    }
  }
}

}  // namespace
}  // namespace hermes::nn
