#include "hermes/nn/layers/gelu.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "hermes/core/simd.hpp"
#include "nn/kernels/gelu.hpp"
#include "nn/support/bits.hpp"
#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"

namespace hermes::nn {
namespace {

using testing::expect_gradients_match;
using testing::LayerHarness;

TEST(GeluTest, gradients_match_central_differences) {
  expect_gradients_match(GeluSpec{}, Shape::features(37), 3);
  expect_gradients_match(GeluSpec{}, Shape::image(3, 4, 5), 2);
}

TEST(GeluTest, kernel_is_the_exact_form_on_every_instruction_set) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t count : testing::kRowLengths) {
      std::vector<float> x(count);
      for (std::size_t i = 0; i < count; ++i) {
        x[i] = -8.0F + 16.0F * (static_cast<float>(i) + 0.5F) / static_cast<float>(count);
      }
      std::vector<float> y(count);
      std::vector<float> slope(count);
      gelu(x, y, slope);
      for (std::size_t i = 0; i < count; ++i) {
        SCOPED_TRACE(::testing::Message() << to_string(target) << ", gelu(" << x[i] << ")");
        const auto value = static_cast<double>(x[i]);
        const double below = 0.5 * std::erfc(-value / std::sqrt(2.0));
        const double density = std::exp(-0.5 * value * value) / std::sqrt(2.0 * std::acos(-1.0));
        ASSERT_NEAR(y[i], value * below, 1e-6);
        ASSERT_NEAR(slope[i], below + value * density, 1e-6);
      }
      gelu(x, x, {});
      EXPECT_EQ(x, y);
    }
  }
}

TEST(GeluTest, inference_remembers_nothing_and_says_the_same) {
  LayerHarness harness(GeluSpec{}, Shape::features(3), 1);
  const std::vector<float> x{-1.0F, 0.0F, 2.0F};
  EXPECT_EQ(harness.forward(x, Mode::Inference), harness.forward(x));
}

TEST(GeluTest, keeps_nan_so_that_a_diverged_model_is_noticed) {
  LayerHarness harness(GeluSpec{}, Shape::features(1), 1);
  EXPECT_TRUE(std::isnan(harness.forward({std::numeric_limits<float>::quiet_NaN()})[0]));
}

}  // namespace
}  // namespace hermes::nn
