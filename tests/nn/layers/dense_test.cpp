#include "hermes/nn/layers/dense.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"

namespace hermes::nn {
namespace {

using testing::expect_gradients_match;
using testing::LayerHarness;

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
