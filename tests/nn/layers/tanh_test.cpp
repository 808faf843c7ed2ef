#include "hermes/nn/layers/tanh.hpp"

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

TEST(TanhTest, gradients_match_central_differences) {
  expect_gradients_match(TanhSpec{}, Shape::features(37), 3);
  expect_gradients_match(TanhSpec{}, Shape::image(3, 4, 5), 2);
  expect_gradients_match(TanhSpec{}, Shape::image(1, 1, 1), 1);
}

TEST(TanhTest, agrees_with_the_standard_library) {
  LayerHarness harness(TanhSpec{}, Shape::features(81), 1);
  std::vector<float> x(81);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 0.25F * (static_cast<float>(i) - 40.0F);
  }
  const std::vector<float> y = harness.forward(x);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(y[i], std::tanh(static_cast<double>(x[i])), 5e-7) << x[i];
  }
}

TEST(TanhTest, keeps_nan_so_that_a_diverged_model_is_noticed) {
  LayerHarness harness(TanhSpec{}, Shape::features(1), 1);
  EXPECT_TRUE(std::isnan(harness.forward({std::numeric_limits<float>::quiet_NaN()})[0]));
}

}  // namespace
}  // namespace hermes::nn
