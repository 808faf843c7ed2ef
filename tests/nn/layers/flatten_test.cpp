#include "hermes/nn/layers/flatten.hpp"

#include <gtest/gtest.h>

#include "hermes/nn/network.hpp"

namespace hermes::nn {
namespace {

TEST(FlattenTest, makes_features_of_an_image_and_remembers_its_extents) {
  const std::unique_ptr<Layer> layer = make_layer(FlattenSpec{}, Shape::image(2, 3, 4));
  EXPECT_EQ(layer->output_shape(), Shape::image(2, 3, 4).flattened());
  EXPECT_EQ(to_string(layer->output_shape()), "24 features");
}

TEST(FlattenTest, moves_nothing) {
  Network network({"flatten", Shape::image(2, 1, 2), {}, {FlattenSpec{}}}, 3);
  const std::vector<float> x{1, 2, 3, 4, 5, 6, 7, 8};
  const std::span<const float> y = network.forward(x, 2, Mode::Inference);
  EXPECT_EQ(y.data(), x.data());
  EXPECT_EQ(y.size(), x.size());
}

}  // namespace
}  // namespace hermes::nn
