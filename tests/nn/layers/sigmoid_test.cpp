#include "hermes/nn/layers/sigmoid.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"

namespace hermes::nn {
namespace {

using testing::expect_gradients_match;
using testing::LayerHarness;

TEST(SigmoidTest, gradients_match_central_differences) {
  expect_gradients_match(SigmoidSpec{}, Shape::features(37), 3);
  expect_gradients_match(SigmoidSpec{}, Shape::image(3, 4, 5), 2);
  expect_gradients_match(SigmoidSpec{}, Shape::image(1, 1, 1), 1);
}

TEST(SigmoidTest, agrees_with_its_formula_and_saturates_without_overflow) {
  const std::vector<float> x{-200.0F, -20.0F, -1.0F, 0.0F, 0.5F, 20.0F, 200.0F};
  LayerHarness harness(SigmoidSpec{}, Shape::features(x.size()), 1);
  const std::vector<float> y = harness.forward(x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(y[i], 1.0 / (1.0 + std::exp(-static_cast<double>(x[i]))), 1e-6) << x[i];
  }
}

TEST(SigmoidTest, keeps_nan_so_that_a_diverged_model_is_noticed) {
  LayerHarness harness(SigmoidSpec{}, Shape::features(1), 1);
  EXPECT_TRUE(std::isnan(harness.forward({std::numeric_limits<float>::quiet_NaN()})[0]));
}

}  // namespace
}  // namespace hermes::nn
