#include "hermes/nn/layers/dropout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

using testing::expect_gradients_match;
using testing::LayerHarness;

TEST(DropoutTest, gradients_match_central_differences_under_one_mask) {
  expect_gradients_match(DropoutSpec{0.4}, Shape::features(40), 2);
  expect_gradients_match(DropoutSpec{0.5}, Shape::image(3, 2, 5), 2);
}

TEST(DropoutTest, keeps_the_expectation) {
  for (const double rate : {0.0, 0.2, 0.5, 0.9}) {
    constexpr std::size_t kCount = 20000;
    LayerHarness harness(DropoutSpec{rate}, Shape::features(kCount), 1);
    const std::vector<float> y = harness.forward(std::vector<float>(kCount, 1.0F));
    const double mean = std::accumulate(y.begin(), y.end(), 0.0) / kCount;
    // Five standard deviations of the mean of kCount draws of variance rate / (1 - rate).
    EXPECT_NEAR(mean, 1.0, 5.0 * std::sqrt(rate / (1.0 - rate) / kCount) + 1e-6) << rate;
    const auto zeros = std::count(y.begin(), y.end(), 0.0F);
    EXPECT_NEAR(static_cast<double>(zeros) / kCount, rate, 0.02) << rate;
  }
}

TEST(DropoutTest, is_the_identity_at_inference_and_draws_nothing) {
  LayerHarness harness(DropoutSpec{0.5}, Shape::image(2, 3, 3), 2);
  const std::vector<float> x = testing::random_values(harness.input_size(), 3);
  const RandomStream::State before = harness.random.state();
  EXPECT_EQ(harness.forward(x, Mode::Inference), x);
  EXPECT_EQ(harness.random.state(), before);
}

TEST(DropoutTest, repeats_its_masks_from_a_saved_stream) {
  LayerHarness harness(DropoutSpec{0.5}, Shape::features(64), 2);
  const std::vector<float> x(harness.input_size(), 1.0F);
  const RandomStream::State saved = harness.random.state();
  const std::vector<float> first = harness.forward(x);
  EXPECT_NE(harness.forward(x), first);
  harness.random = RandomStream(saved);
  EXPECT_EQ(harness.forward(x), first);
}

}  // namespace
}  // namespace hermes::nn
