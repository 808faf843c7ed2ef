#include "hermes/nn/layers/max_pool2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"

namespace hermes::nn {
namespace {

using ::testing::ElementsAre;
using testing::expect_gradients_match;
using testing::LayerHarness;

TEST(MaxPool2dTest, gradients_match_central_differences) {
  expect_gradients_match(MaxPool2dSpec{2, std::nullopt}, Shape::image(3, 4, 6), 2);
  expect_gradients_match(MaxPool2dSpec{2, std::nullopt}, Shape::image(5, 5, 7),
                         1);                                              // rest left out
  expect_gradients_match(MaxPool2dSpec{3, 2}, Shape::image(2, 7, 5), 2);  // overlapping
  expect_gradients_match(MaxPool2dSpec{1, 2}, Shape::image(2, 4, 3), 1);  // gaps
  expect_gradients_match(MaxPool2dSpec{17, std::nullopt}, Shape::image(1, 17, 17), 1);
}

TEST(MaxPool2dTest, takes_the_largest_of_each_window_per_channel) {
  LayerHarness harness(MaxPool2dSpec{2, std::nullopt}, Shape::image(2, 2, 4), 1);
  EXPECT_THAT(harness.forward({1, -1, 2, -2, 5, -5, 6, -6,  //
                               3, -3, 4, -4, 7, -7, 8, -8}),
              ElementsAre(4, -1, 8, -5));
  EXPECT_THAT(harness.backward({10, 20, 30, 40}),
              ElementsAre(0, 20, 0, 0, 0, 40, 0, 0, 0, 0, 10, 0, 0, 0, 30, 0));
}

TEST(MaxPool2dTest, a_tie_sends_the_gradient_to_the_first) {
  LayerHarness harness(MaxPool2dSpec{2, std::nullopt}, Shape::image(1, 2, 2), 1);
  harness.forward({1, 3, 3, 3});
  EXPECT_THAT(harness.backward({5}), ElementsAre(0, 5, 0, 0));
  harness.forward({2, 2, 2, 2});
  EXPECT_THAT(harness.backward({5}), ElementsAre(5, 0, 0, 0));
}

TEST(MaxPool2dTest, nan_anywhere_in_the_window_is_the_maximum) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t place = 0; place < 4; ++place) {
    LayerHarness harness(MaxPool2dSpec{2, std::nullopt}, Shape::image(1, 2, 2), 1);
    std::vector<float> x{1, 2, 3, 4};
    x[place] = kNan;
    EXPECT_TRUE(std::isnan(harness.forward(x)[0])) << place;
  }
}

}  // namespace
}  // namespace hermes::nn
