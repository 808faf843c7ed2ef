#include "hermes/core/vector_ops.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "hermes/core/simd.hpp"

namespace hermes {
namespace {

TEST(VectorOpsTest, axpy_adds_the_scaled_vector) {
  std::vector<float> y{1.0F, 2.0F};
  axpy(2.0F, std::vector<float>{10.0F, 20.0F}, y);
  EXPECT_EQ(y, (std::vector<float>{21.0F, 42.0F}));
}

TEST(VectorOpsTest, blend_may_write_over_its_input) {
  std::vector<float> x{1.0F, 2.0F};
  blend(0.25F, x, 0.5F, std::vector<float>{4.0F, 8.0F}, x);
  EXPECT_EQ(x, (std::vector<float>{2.25F, 4.5F}));
}

TEST(VectorOpsTest, subtract_takes_the_difference) {
  std::vector<float> out(2);
  subtract(std::vector<float>{3.0F, 1.0F}, std::vector<float>{1.0F, 4.0F}, out);
  EXPECT_EQ(out, (std::vector<float>{2.0F, -3.0F}));
}

TEST(VectorOpsTest, every_target_computes_as_a_plain_loop_does) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t count : {0U, 1U, 7U, 8U, 16U, 17U, 37U, 100U}) {
      std::vector<float> x(count);
      std::vector<float> y(count);
      for (std::size_t i = 0; i < count; ++i) {
        x[i] = 0.25F * static_cast<float>(i) - 3.0F;  // products and sums are exact
        y[i] = 8.0F - 0.5F * static_cast<float>(i);
      }
      std::vector<float> scaled = y;
      std::vector<float> blended(count);
      std::vector<float> difference(count);
      axpy(2.0F, x, scaled);
      blend(0.5F, x, 0.25F, y, blended);
      subtract(x, y, difference);
      EXPECT_TRUE(all_finite(x));
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_EQ(scaled[i], 2.0F * x[i] + y[i]) << to_string(target);
        EXPECT_EQ(blended[i], 0.5F * x[i] + 0.25F * y[i]) << to_string(target);
        EXPECT_EQ(difference[i], x[i] - y[i]) << to_string(target);
      }
    }
  }
}

/// Halves, and lengths beyond one block.
TEST(VectorOpsTest, all_within_looks_at_each_half) {
  constexpr std::uint16_t kInfinity = 0x7C00;  // of fp16
  for (const std::size_t place : {0U, 1023U, 1024U, 2999U}) {
    const auto halves = std::make_shared<std::vector<std::uint16_t>>(3000, std::uint16_t{0x3C00});
    const SharedParameters parameters(halves, std::span<const std::uint16_t>(*halves),
                                      HalfFormat::Fp16);
    EXPECT_TRUE(all_within(parameters, std::numeric_limits<float>::max()));
    halves->at(place) = kInfinity;
    EXPECT_FALSE(all_within(parameters, std::numeric_limits<float>::max())) << place;
  }
}

TEST(VectorOpsTest, squared_norm_sums_every_lane) {
  EXPECT_DOUBLE_EQ(squared_norm(std::vector<float>{1, 2, 3, 4, 5}), 55.0);
}

TEST(VectorOpsTest, all_within_compares_magnitudes) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t place : {0U, 7U, 8U, 36U}) {
      std::vector<float> x(37, -1.5F);
      x[place] = 2.0F;
      EXPECT_TRUE(all_within(x, 2.0F)) << to_string(target);
      EXPECT_FALSE(all_within(x, std::nextafter(2.0F, 0.0F))) << to_string(target);
      x[place] = -2.5F;
      EXPECT_FALSE(all_within(x, 2.0F)) << to_string(target);
    }
  }
}

TEST(VectorOpsTest, all_finite_finds_one_bad_value_anywhere) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    for (std::size_t place = 0; place < 37; ++place) {
      std::vector<float> x(37, std::numeric_limits<float>::max());
      EXPECT_TRUE(all_finite(x));
      x[place] = bad;
      EXPECT_FALSE(all_finite(x));
    }
  }
}

}  // namespace
}  // namespace hermes
