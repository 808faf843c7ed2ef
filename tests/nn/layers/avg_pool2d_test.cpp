#include "hermes/nn/layers/avg_pool2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"

namespace hermes::nn {
namespace {

using ::testing::ElementsAre;
using testing::expect_gradients_match;
using testing::LayerHarness;

TEST(AvgPool2dTest, gradients_match_central_differences) {
  expect_gradients_match(AvgPool2dSpec{2, std::nullopt}, Shape::image(3, 4, 6), 2);
  expect_gradients_match(AvgPool2dSpec{2, std::nullopt}, Shape::image(5, 5, 7),
                         1);                                              // rest left out
  expect_gradients_match(AvgPool2dSpec{3, 2}, Shape::image(2, 7, 5), 2);  // overlapping
  expect_gradients_match(AvgPool2dSpec{4, std::nullopt}, Shape::image(3, 4, 4), 2);  // whole image
}

TEST(AvgPool2dTest, takes_the_mean_of_each_window_per_channel) {
  LayerHarness harness(AvgPool2dSpec{2, std::nullopt}, Shape::image(2, 2, 3), 1);
  // The third column fills no window.
  EXPECT_THAT(harness.forward({1, 10, 2, 20, 9, 9, 3, 30, 6, 60, 9, 9}), ElementsAre(3, 30));
  EXPECT_THAT(harness.backward({4, 8}), ElementsAre(1, 2, 1, 2, 0, 0, 1, 2, 1, 2, 0, 0));
}

}  // namespace
}  // namespace hermes::nn
