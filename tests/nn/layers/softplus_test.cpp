#include "hermes/nn/layers/softplus.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "hermes/core/simd.hpp"
#include "nn/kernels/activations.hpp"
#include "nn/support/bits.hpp"
#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"

namespace hermes::nn {
namespace {

using testing::expect_gradients_match;
using testing::LayerHarness;

TEST(SoftplusTest, gradients_match_central_differences) {
  expect_gradients_match(SoftplusSpec{}, Shape::features(37), 3);
  expect_gradients_match(SoftplusSpec{}, Shape::image(3, 4, 5), 2);
}

TEST(SoftplusTest, kernel_is_exact_at_both_ends_on_every_instruction_set) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t count : testing::kRowLengths) {
      std::vector<float> x(count);
      for (std::size_t i = 0; i < count; ++i) {
        x[i] = -60.0F + 120.0F * (static_cast<float>(i) + 0.5F) / static_cast<float>(count);
      }
      std::vector<float> y(count);
      std::vector<float> slope(count);
      softplus_forward(x, y);
      softplus_backward(y, std::vector<float>(count, 1.0F), slope);
      for (std::size_t i = 0; i < count; ++i) {
        SCOPED_TRACE(::testing::Message() << to_string(target) << ", softplus(" << x[i] << ")");
        const auto value = static_cast<double>(x[i]);
        const double expected = std::max(value, 0.0) + std::log1p(std::exp(-std::abs(value)));
        const double derivative = 1.0 / (1.0 + std::exp(-value));
        ASSERT_NEAR(y[i], expected, 1e-6 * expected);
        ASSERT_NEAR(slope[i], derivative, 2e-6 * derivative);
      }
    }
  }
}

TEST(SoftplusTest, keeps_nan_so_that_a_diverged_model_is_noticed) {
  LayerHarness harness(SoftplusSpec{}, Shape::features(1), 1);
  EXPECT_TRUE(std::isnan(harness.forward({std::numeric_limits<float>::quiet_NaN()})[0]));
}

}  // namespace
}  // namespace hermes::nn
