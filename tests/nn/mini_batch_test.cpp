#include "hermes/nn/mini_batch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

/// Wide images and few weights; a convolution of each kind, pooling that remembers, in-place
/// layers.
NetworkSpec wide_network() {
  return {"wide",
          Shape::image(1, 32, 32),
          {},
          {Conv2dSpec{16, 5, 1, Conv2dPadding::same()}, ReluSpec{}, MaxPool2dSpec{2, std::nullopt},
           Conv2dSpec{16, 3, 1, Conv2dPadding::same()}, ReluSpec{}, TanhSpec{}, FlattenSpec{},
           DenseSpec{8}, ReluSpec{}, DenseSpec{4}}};
}

float largest(std::span<const float> values) {
  float scale = 0.0F;
  for (const float value : values) {
    scale = std::max(scale, std::abs(value));
  }
  return scale;
}

TEST(MiniBatchSliceTest, a_network_that_ties_samples_together_is_not_cut_into_slices) {
  NetworkSpec spec = wide_network();
  EXPECT_EQ(samples_at_a_time(Network(spec, 1), 100), 15U);
  spec.layers.insert(spec.layers.begin() + 1, BatchNormSpec{});
  EXPECT_EQ(samples_at_a_time(Network(spec, 1), 100), 100U);
  EXPECT_EQ(samples_at_a_time(Network(testing::resnet8(), 1), 4096), 4096U);
}

class MiniBatchTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(MiniBatchTest, slices_add_up_to_the_gradient_of_the_whole) {
  const std::size_t batch = GetParam();
  Network whole(wide_network(), batch);
  Network sliced(wide_network(), 1);
  ASSERT_EQ(whole.slice_size(), 16U);
  const std::size_t at_a_time = samples_at_a_time(sliced, batch);
  ASSERT_LE(at_a_time, 16U);
  sliced.reserve(at_a_time);
  RandomStream random(1, RandomPurpose::Initialization);
  whole.initialize(random);
  sliced.set_parameters(whole.parameters());
  const std::vector<float> x = testing::random_values(batch * whole.input_size(), 2);
  std::vector<std::int32_t> labels(batch);
  std::ranges::generate(labels, [&] { return static_cast<std::int32_t>(random.below(4)); });

  std::vector<float> derivative(batch * whole.output_size());
  const LossSpec loss = CrossEntropy{};
  const LossResult expected =
      evaluate(loss, whole.forward(x, batch, Mode::Training), labels, derivative);
  whole.backward(derivative);
  const float scale = largest(whole.gradients());
  for (int run = 0; run < 2; ++run) {  // the second finds gradients of the first
    const LossResult found = compute_gradient(
        sliced, loss, x, labels, std::span(derivative).first(at_a_time * whole.output_size()));
    EXPECT_NEAR(found.mean_loss, expected.mean_loss, 1e-5);
    EXPECT_EQ(found.correct, expected.correct);
    for (std::size_t i = 0; i < whole.parameter_count(); ++i) {
      ASSERT_NEAR(sliced.gradients()[i], whole.gradients()[i], 1e-5F * scale) << "parameter " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Batches, MiniBatchTest, ::testing::Values(1, 16, 17, 48, 53));

TEST(MiniBatchTest, slices_of_numbers_go_with_their_samples) {
  constexpr std::size_t kBatch = 53;
  Network whole(wide_network(), kBatch);
  Network sliced(wide_network(), 16);
  RandomStream random(1, RandomPurpose::Initialization);
  whole.initialize(random);
  sliced.set_parameters(whole.parameters());
  const std::vector<float> x = testing::random_values(kBatch * whole.input_size(), 2);
  const std::vector<float> numbers = testing::random_values(kBatch * whole.output_size(), 3);
  std::vector<float> derivative(kBatch * whole.output_size());
  const LossSpec loss = MeanSquaredError{};
  const LossResult expected =
      evaluate(loss, whole.forward(x, kBatch, Mode::Training), numbers, derivative);
  whole.backward(derivative);
  const LossResult found = compute_gradient(sliced, loss, x, numbers, derivative);
  EXPECT_NEAR(found.mean_loss, expected.mean_loss, 1e-5);
  for (std::size_t i = 0; i < whole.parameter_count(); ++i) {
    ASSERT_NEAR(sliced.gradients()[i], whole.gradients()[i], 1e-5F * largest(whole.gradients()));
  }
}

TEST(MiniBatchDeathTest, classes_cannot_be_told_from_numbers) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the matrix library has threads
  const std::vector<float> outputs(4);
  EXPECT_DEATH(evaluate(CrossEntropy{}, outputs, std::vector<float>(4), {}), "takes labels");
}

TEST(MiniBatchTest, many_weights_are_not_read_once_a_slice) {
  Network dense({"dense", Shape::features(784), {}, {DenseSpec{128}, ReluSpec{}, DenseSpec{10}}},
                1);
  EXPECT_EQ(samples_at_a_time(dense, 128), 128U);
}

}  // namespace
}  // namespace hermes::nn
