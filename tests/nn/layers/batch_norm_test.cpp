#include "hermes/nn/layers/batch_norm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "hermes/core/error.hpp"
#include "hermes/core/simd.hpp"
#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

using testing::expect_gradients_match;
using testing::LayerHarness;
using testing::random_values;

/// The definition in double precision, of values channel by channel.
struct Slow {
  Slow(const LayerHarness& harness, const std::vector<float>& x, std::size_t channel,
       std::size_t channels) {
    for (std::size_t i = channel; i < x.size(); i += channels) {
      values.push_back(static_cast<double>(x[i]));
    }
    const auto count = static_cast<double>(values.size());
    for (const double value : values) {
      mean += value / count;
    }
    for (const double value : values) {
      variance += (value - mean) * (value - mean) / count;
    }
    weight = static_cast<double>(harness.parameters[channel]);
    bias = static_cast<double>(harness.parameters[channels + channel]);
  }
  double output(std::size_t i) const {
    return (values[i] - mean) / std::sqrt(variance + 1e-5) * weight + bias;
  }

  std::vector<double> values;
  double mean = 0.0;
  double variance = 0.0;
  double weight = 0.0;
  double bias = 0.0;
};

TEST(BatchNormTest, gradients_match_central_differences) {
  const testing::DifferenceOptions options{0.02F, 5e-3};
  expect_gradients_match(BatchNormSpec{}, Shape::image(3, 4, 5), 2, options);
  expect_gradients_match(BatchNormSpec{}, Shape::image(21, 2, 2), 2, options);
  expect_gradients_match(BatchNormSpec{}, Shape::features(7), 5, options);
  expect_gradients_match(BatchNormSpec{}, Shape::image(2, 3, 2).flattened(), 4, options);
}

TEST(BatchNormTest, equals_the_definition_on_every_instruction_set) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t channels : {1U, 3U, 16U, 21U, 70U}) {
      const Shape shape = Shape::image(channels, 9, 11);
      LayerHarness harness(BatchNormSpec{.momentum = 0.25}, shape, 4);
      harness.parameters = random_values(2 * channels, 1);
      std::vector<float> x = random_values(harness.input_size(), 2);
      for (float& value : x) {
        value += 100.0F;  // far from zero: squares alone would lose the variance
      }
      const std::vector<float> y = harness.forward(x);
      for (std::size_t c = 0; c < channels; ++c) {
        SCOPED_TRACE(::testing::Message() << to_string(target) << ", channel " << c);
        const Slow slow(harness, x, c, channels);
        for (std::size_t i = 0; i < slow.values.size(); ++i) {
          ASSERT_NEAR(y[i * channels + c], slow.output(i), 1e-4);
        }
        const double unbiased = slow.variance * 396.0 / 395.0;
        EXPECT_NEAR(harness.statistics[c], 0.25 * slow.mean, 1e-5 * slow.mean);
        EXPECT_NEAR(harness.statistics[channels + c], 0.75 + 0.25 * unbiased, 1e-5);
      }
    }
  }
}

TEST(BatchNormTest, inference_takes_the_running_statistics_and_leaves_them) {
  LayerHarness harness(BatchNormSpec{}, Shape::features(2), 3);
  harness.parameters = {2.0F, 1.0F, 0.5F, 0.0F};
  harness.statistics = {1.0F, -1.0F, 4.0F, 0.25F};
  const std::vector<float> before = harness.statistics;
  const std::vector<float> y = harness.forward({3, -1, 1, 0, -1, 1}, Mode::Inference);
  const float expected[] = {2.5F, 0.0F, 0.5F, 2.0F, -1.5F, 4.0F};
  for (std::size_t i = 0; i < y.size(); ++i) {
    EXPECT_NEAR(y[i], expected[i], 1e-4);
  }
  EXPECT_EQ(harness.statistics, before);
}

TEST(BatchNormTest, a_variance_below_zero_counts_as_zero) {
  LayerHarness harness(BatchNormSpec{.epsilon = 0.25}, Shape::features(1), 1);
  harness.parameters = {1.0F, 0.0F};
  harness.statistics = {0.0F, -3.0F};
  EXPECT_EQ(harness.forward({3.0F}, Mode::Inference)[0], 6.0F);
}

TEST(BatchNormTest, one_value_per_channel_is_normalised_by_what_is_known_and_teaches_nothing) {
  LayerHarness harness(BatchNormSpec{}, Shape::features(2), 1);
  harness.parameters = {3.0F, 1.0F, 0.5F, 0.0F};
  harness.statistics = {1.0F, 2.0F, 4.0F, 1.0F};
  const std::vector<float> before = harness.statistics;
  const std::vector<float> y = harness.forward({5.0F, 2.0F});
  EXPECT_NEAR(y[0], 6.5F, 1e-4);
  EXPECT_EQ(y[1], 0.0F);
  EXPECT_EQ(harness.statistics, before);
  const std::vector<float> dx = harness.backward({2.0F, 1.0F});
  EXPECT_NEAR(dx[0], 3.0F, 1e-4);  // weight / deviation
  EXPECT_NEAR(dx[1], 1.0F, 1e-4);
  EXPECT_NEAR(harness.gradients[0], 4.0F, 1e-4);
  EXPECT_EQ(harness.gradients[2], 2.0F);
  EXPECT_EQ(harness.layer().minibatch_min(), 2U);
  EXPECT_EQ(LayerHarness(BatchNormSpec{}, Shape::image(2, 1, 2), 1).layer().minibatch_min(), 1U);
}

TEST(BatchNormTest, a_fused_relu_gives_what_one_of_its_own_gives) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    const Shape shape = Shape::image(19, 3, 5);
    LayerHarness fused(BatchNormSpec{}, shape, 3);
    LayerHarness plain(BatchNormSpec{}, shape, 3);
    ASSERT_TRUE(fused.layer().fuse_relu_of_output());
    EXPECT_FALSE(fused.layer().backward_needs_output());
    fused.parameters = plain.parameters = random_values(38, 1);
    const std::vector<float> x = random_values(fused.input_size(), 2);
    std::vector<float> dy = random_values(fused.input_size(), 3);
    std::vector<float> y = plain.forward(x);
    const std::vector<float> fused_y = fused.forward(x);
    const std::vector<float> fused_dx = fused.backward(dy);
    for (std::size_t i = 0; i < y.size(); ++i) {
      dy[i] = y[i] > 0.0F ? dy[i] : 0.0F;
      y[i] = std::max(y[i], 0.0F);
    }
    EXPECT_EQ(fused_y, y);
    EXPECT_EQ(fused_dx, plain.backward(dy));
    EXPECT_EQ(fused.gradients, plain.gradients);
  }
}

TEST(BatchNormTest, gradients_add_up_when_asked) {
  LayerHarness harness(BatchNormSpec{}, Shape::image(5, 2, 3), 2);
  harness.parameters = random_values(10, 1);
  const std::vector<float> dy = random_values(harness.output_size(), 2);
  harness.forward(random_values(harness.input_size(), 3));
  harness.backward(dy);
  const std::vector<float> once = harness.gradients;
  harness.accumulates = true;
  harness.backward(dy);
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(harness.gradients[i], 2.0F * once[i]);
  }
}

TEST(BatchNormTest, nan_in_one_channel_stays_there_and_is_not_hidden) {
  LayerHarness harness(BatchNormSpec{}, Shape::features(2), 3);
  harness.parameters = {1.0F, 1.0F, 0.0F, 0.0F};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> y = harness.forward({nan, 1, 2, 2, 3, 3});
  EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[2]));
  EXPECT_FALSE(std::isnan(y[1]));
  EXPECT_TRUE(std::isnan(harness.statistics[0]));
}

TEST(BatchNormTest, settings_out_of_range_are_refused) {
  const Shape shape = Shape::features(2);
  EXPECT_THROW(make_layer(BatchNormSpec{.momentum = 0.0}, shape), ConfigError);
  EXPECT_THROW(make_layer(BatchNormSpec{.momentum = 1.5}, shape), ConfigError);
  EXPECT_THROW(make_layer(BatchNormSpec{.epsilon = 0.0}, shape), ConfigError);
  EXPECT_NO_THROW(make_layer(BatchNormSpec{.momentum = 1.0}, shape));
}

}  // namespace
}  // namespace hermes::nn
