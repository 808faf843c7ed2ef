#include "hermes/nn/layers/layer_norm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

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

TEST(LayerNormTest, gradients_match_central_differences) {
  const testing::DifferenceOptions options{0.02F, 5e-3};
  expect_gradients_match(LayerNormSpec{}, Shape::image(3, 4, 5), 2, options);
  expect_gradients_match(LayerNormSpec{}, Shape::features(37), 3, options);
  expect_gradients_match(LayerNormSpec{.epsilon = 0.1}, Shape::features(3), 1, options);
}

TEST(LayerNormTest, equals_the_definition_on_every_instruction_set) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const Shape& shape : {Shape::features(5), Shape::features(131), Shape::image(7, 5, 6)}) {
      const std::size_t size = shape.size();
      LayerHarness harness(LayerNormSpec{}, shape, 3);
      harness.parameters = random_values(2 * size, 1);
      std::vector<float> x = random_values(harness.input_size(), 2);
      for (float& value : x) {
        value += 50.0F;
      }
      const std::vector<float> y = harness.forward(x);
      for (std::size_t n = 0; n < 3; ++n) {
        double mean = 0.0;
        double variance = 0.0;
        for (std::size_t i = 0; i < size; ++i) {
          mean += static_cast<double>(x[n * size + i]) / static_cast<double>(size);
        }
        for (std::size_t i = 0; i < size; ++i) {
          const double distance = static_cast<double>(x[n * size + i]) - mean;
          variance += distance * distance / static_cast<double>(size);
        }
        for (std::size_t i = 0; i < size; ++i) {
          const double value =
              (static_cast<double>(x[n * size + i]) - mean) / std::sqrt(variance + 1e-5);
          ASSERT_NEAR(y[n * size + i],
                      value * static_cast<double>(harness.parameters[i]) +
                          static_cast<double>(harness.parameters[size + i]),
                      5e-5)
              << to_string(target) << ", " << to_string(shape);
        }
      }
    }
  }
}

TEST(LayerNormTest, files_have_its_weights_in_the_shape_of_a_sample) {
  const std::vector<ParameterTensor> of_image =
      make_layer(LayerNormSpec{}, Shape::image(2, 3, 4))->parameters();
  EXPECT_THAT(of_image[0].shape, ::testing::ElementsAre(2, 3, 4));
  EXPECT_THAT(of_image[0].strides, ::testing::ElementsAre(1, 8, 2, 0));
  EXPECT_EQ(of_image[0].start, 1.0F);
  const std::vector<ParameterTensor> flat =
      make_layer(LayerNormSpec{}, Shape::image(2, 3, 4).flattened())->parameters();
  EXPECT_THAT(flat[1].shape, ::testing::ElementsAre(24));
  EXPECT_THAT(flat[1].strides, ::testing::ElementsAre(1, 8, 2, 0));
}

TEST(LayerNormTest, gradients_add_up_when_asked) {
  LayerHarness harness(LayerNormSpec{}, Shape::features(9), 2);
  harness.parameters = random_values(18, 1);
  const std::vector<float> dy = random_values(harness.output_size(), 2);
  harness.forward(random_values(harness.input_size(), 3));
  harness.backward(dy);
  const std::vector<float> once = harness.gradients;
  harness.accumulates = true;
  harness.backward(dy);
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_NEAR(harness.gradients[i], 2.0F * once[i], 1e-5);
  }
}

TEST(LayerNormTest, epsilon_must_be_positive) {
  EXPECT_THROW(make_layer(LayerNormSpec{.epsilon = 0.0}, Shape::features(2)), ConfigError);
}

}  // namespace
}  // namespace hermes::nn
