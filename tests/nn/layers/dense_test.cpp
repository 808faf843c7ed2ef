#include "hermes/nn/layers/dense.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

using testing::expect_gradients_match;
using testing::LayerHarness;
using testing::random_values;

TEST(DenseTest, gradients_match_central_differences) {
  expect_gradients_match(DenseSpec{5}, Shape::features(7), 3);
  expect_gradients_match(DenseSpec{1}, Shape::features(1), 1);
  expect_gradients_match(DenseSpec{17}, Shape::features(3), 2);
  expect_gradients_match(DenseSpec{4}, Shape::image(2, 3, 2).flattened(), 2);
}

TEST(DenseTest, multiplies_and_adds_as_a_hand_computed_example) {
  LayerHarness harness(DenseSpec{2}, Shape::features(3), 2);
  // Rows of W are inputs; the last two values are the bias.
  harness.parameters = {1, 2, 3, 4, 5, 6, 10, 20};
  EXPECT_THAT(harness.forward({1, 1, 1, 1, 0, -1}), ::testing::ElementsAre(19, 32, 6, 16));
}

/// Halves a batch, so that other kernels compute the same.
void expect_batch_equals_its_halves(std::size_t inputs, std::size_t units, std::size_t batch) {
  const auto run = [&](std::size_t first, std::size_t count) {
    LayerHarness harness(DenseSpec{units}, Shape::features(inputs), count);
    harness.parameters = random_values(harness.parameters.size(), 1);
    const auto part = [&](std::size_t row, std::uint64_t seed) {
      const std::vector<float> all = random_values(batch * row, seed);
      return std::vector<float>(all.begin() + static_cast<std::ptrdiff_t>(first * row),
                                all.begin() + static_cast<std::ptrdiff_t>((first + count) * row));
    };
    std::vector<std::vector<float>> results{harness.forward(part(inputs, 2))};
    results.push_back(harness.backward(part(units, 3)));
    results.push_back(harness.gradients);
    return results;
  };
  const auto whole = run(0, batch);
  auto halves = run(0, batch / 2);
  const auto second = run(batch / 2, batch - batch / 2);
  for (const std::size_t rows : {0U, 1U}) {
    halves[rows].insert(halves[rows].end(), second[rows].begin(), second[rows].end());
  }
  std::ranges::transform(halves[2], second[2], halves[2].begin(), std::plus<>());
  for (std::size_t t = 0; t < whole.size(); ++t) {
    ASSERT_EQ(whole[t].size(), halves[t].size());
    for (std::size_t i = 0; i < whole[t].size(); ++i) {
      ASSERT_NEAR(whole[t][i], halves[t][i], 1e-3) << "tensor " << t << ", element " << i;
    }
  }
}

TEST(DenseTest, batches_and_their_halves_agree_for_small_wide_and_large_weights) {
  expect_batch_equals_its_halves(70, 33, 50);       // transposes W, then dy
  expect_batch_equals_its_halves(1000, 200, 9);     // bands of inputs
  expect_batch_equals_its_halves(1100, 1000, 130);  // the matrix library, then our kernels
}

TEST(DenseTest, a_fused_relu_equals_one_behind_it_on_all_three_ways) {
  for (const std::size_t units : {20U, 200U, 1000U}) {  // at once, in bands, matrix library
    constexpr std::size_t kInputs = 1100;
    constexpr std::size_t kBatch = 128;
    LayerHarness plain(DenseSpec{units}, Shape::features(kInputs), kBatch);
    LayerHarness fused(DenseSpec{units}, Shape::features(kInputs), kBatch);
    ASSERT_TRUE(fused.layer().fuse_relu_of_output());
    plain.parameters = fused.parameters = random_values(plain.parameters.size(), 1);
    const std::vector<float> x = random_values(kBatch * kInputs, 2);
    const std::vector<float> dy = random_values(kBatch * units, 3);
    std::vector<float> y = plain.forward(x);
    std::vector<float> masked = dy;
    for (std::size_t i = 0; i < y.size(); ++i) {
      masked[i] = y[i] > 0.0F ? dy[i] : 0.0F;
      y[i] = std::max(y[i], 0.0F);
    }
    EXPECT_EQ(fused.forward(x), y) << units;
    EXPECT_EQ(fused.backward(dy), plain.backward(masked)) << units;
    EXPECT_EQ(fused.gradients, plain.gradients) << units;
  }
}

TEST(DenseTest, tells_files_its_weights_as_outputs_by_inputs_channels_first) {
  // An image of 2 channels, 1 x 2 pixels. In memory: (pixel 0: c0 c1) (pixel 1: c0 c1).
  const std::unique_ptr<Layer> layer = make_layer(DenseSpec{1}, Shape::image(2, 1, 2).flattened());
  const ParameterTensor weight = layer->parameters()[0];
  EXPECT_THAT(weight.shape, ::testing::ElementsAre(1, 4));
  const std::vector<float> memory{1, 2, 3, 4, 0};
  std::vector<float> file(4);
  export_tensor(weight, memory, file);
  EXPECT_THAT(file, ::testing::ElementsAre(1, 3, 2, 4));
}

}  // namespace
}  // namespace hermes::nn
