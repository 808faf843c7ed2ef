#include "hermes/nn/layers/leaky_relu.hpp"

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

TEST(LeakyReluTest, gradients_match_central_differences) {
  expect_gradients_match(LeakyReluSpec{}, Shape::features(37), 3);
  expect_gradients_match(LeakyReluSpec{}, Shape::image(3, 4, 5), 2);
  expect_gradients_match(LeakyReluSpec{}, Shape::image(1, 1, 1), 1);
}

TEST(LeakyReluTest, keeps_the_slope_below_zero) {
  LayerHarness harness(LeakyReluSpec{0.25}, Shape::features(3), 1);
  EXPECT_THAT(harness.forward({-2.0F, 0.0F, 3.0F}), ::testing::ElementsAre(-0.5, 0, 3));
  EXPECT_THAT(harness.backward({1.0F, 2.0F, 3.0F}), ::testing::ElementsAre(0.25, 0.5, 3));
}

TEST(LeakyReluTest, slope_zero_is_relu) {
  expect_gradients_match(LeakyReluSpec{0.0}, Shape::features(20), 2);
}

TEST(LeakyReluTest, keeps_nan_so_that_a_diverged_model_is_noticed) {
  LayerHarness harness(LeakyReluSpec{}, Shape::features(1), 1);
  EXPECT_TRUE(std::isnan(harness.forward({std::numeric_limits<float>::quiet_NaN()})[0]));
}

}  // namespace
}  // namespace hermes::nn
