#include "hermes/nn/layers/global_avg_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hermes/core/error.hpp"
#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"

namespace hermes::nn {
namespace {

using testing::expect_gradients_match;
using testing::LayerHarness;

TEST(GlobalAvgPoolTest, gradients_match_central_differences) {
  expect_gradients_match(GlobalAvgPoolSpec{}, Shape::image(3, 4, 5), 2);
  expect_gradients_match(GlobalAvgPoolSpec{}, Shape::image(33, 2, 1), 3);
}

TEST(GlobalAvgPoolTest, is_the_mean_of_each_channel) {
  LayerHarness harness(GlobalAvgPoolSpec{}, Shape::image(2, 1, 4), 1);
  EXPECT_EQ(harness.layer().output_shape(), Shape::features(2));
  EXPECT_THAT(harness.forward({1, 10, 2, 20, 3, 30, 6, 40}), ::testing::ElementsAre(3, 25));
  EXPECT_THAT(harness.backward({4, 8}), ::testing::ElementsAre(1, 2, 1, 2, 1, 2, 1, 2));
}

TEST(GlobalAvgPoolTest, wants_an_image) {
  EXPECT_THROW(make_layer(GlobalAvgPoolSpec{}, Shape::features(4)), ConfigError);
}

}  // namespace
}  // namespace hermes::nn
