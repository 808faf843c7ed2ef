#include "hermes/nn/layers/relu.hpp"

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

TEST(ReluTest, gradients_match_central_differences) {
  expect_gradients_match(ReluSpec{}, Shape::features(37), 3);
  expect_gradients_match(ReluSpec{}, Shape::image(3, 4, 5), 2);
  expect_gradients_match(ReluSpec{}, Shape::image(1, 1, 1), 1);
}

TEST(ReluTest, cuts_off_below_zero_and_passes_no_gradient_there_nor_at_zero) {
  LayerHarness harness(ReluSpec{}, Shape::features(4), 1);
  EXPECT_THAT(harness.forward({-2.0F, 0.0F, 0.5F, 3.0F}), ::testing::ElementsAre(0, 0, 0.5, 3));
  EXPECT_THAT(harness.backward({1.0F, 2.0F, 3.0F, 4.0F}), ::testing::ElementsAre(0, 0, 3, 4));
}

TEST(ReluTest, keeps_nan_so_that_a_diverged_model_is_noticed) {
  LayerHarness harness(ReluSpec{}, Shape::features(1), 1);
  EXPECT_TRUE(std::isnan(harness.forward({std::numeric_limits<float>::quiet_NaN()})[0]));
}

}  // namespace
}  // namespace hermes::nn
