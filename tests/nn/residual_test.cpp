// Residual blocks inside a network: sums, gradients of what several layers read, and memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/nn/network.hpp"
#include "nn/layer_stack.hpp"
#include "nn/support/gradient_check.hpp"
#include "nn/support/models.hpp"
#include "nn/workspace_layout.hpp"

namespace hermes::nn {
namespace {

constexpr std::size_t kBatch = 3;

const Conv2dSpec kSame{2, 3, 1, Conv2dPadding::same()};
const Conv2dSpec kWider{4, 3, 2, Conv2dPadding::number(1)};
const Conv2dSpec kProjection{4, 1, 2, Conv2dPadding::valid()};

ResidualSpec block(std::vector<LayerSpec> body, std::vector<LayerSpec> shortcut = {}) {
  return {std::move(body), std::move(shortcut)};
}

std::vector<NetworkSpec> networks() {
  const Shape image = Shape::image(2, 6, 5);
  const AvgPool2dSpec pool{2, std::nullopt};
  return {
      {"identity", image, {}, {kSame, block({kSame, TanhSpec{}, kSame}), kSame}},
      {"projection", image, {}, {kSame, block({kWider, TanhSpec{}}, {kProjection}), kSame}},
      {"block first", image, {}, {block({kSame, TanhSpec{}}), block({kWider}, {kProjection})}},
      {"block only", Shape::features(5), {}, {block({DenseSpec{5}, TanhSpec{}, DenseSpec{5}})}},
      {"no weights in the body", image, {}, {kSame, block({TanhSpec{}}), kSame}},
      {"weights in the shortcut only", image, {}, {block({pool}, {kSame, pool}), kSame}},
      {"activation before", image, {}, {kSame, block({TanhSpec{}, kSame}), TanhSpec{}, kSame}},
      {"in place at both ends",
       image,
       {},
       {kSame, block({kWider, TanhSpec{}}, {kProjection, SigmoidSpec{}}), SigmoidSpec{}, kSame}},
      {"blocks in a block",
       image,
       {},
       {kSame, block({block({kSame, TanhSpec{}}), block({kSame, SigmoidSpec{}})}), kSame}},
      {"block in a block at its end",
       image,
       {},
       {kSame, block({TanhSpec{}, block({kSame, TanhSpec{}})}), TanhSpec{}, kSame}},
      {"block in a shortcut",
       image,
       {},
       {kSame, block({kSame, GeluSpec{}}, {block({kSame, TanhSpec{}})}), kSame}},
      {"flatten beside a halo",
       image,
       {},
       {kSame,
        block({FlattenSpec{}, DenseSpec{3}},
              {Conv2dSpec{3, 3, 9, Conv2dPadding::same()}, FlattenSpec{}}),
        DenseSpec{3}}},
      {"normalised",
       image,
       {},
       {kSame, BatchNormSpec{}, TanhSpec{}, block({kWider, BatchNormSpec{}}, {kProjection}),
        LayerNormSpec{}, GlobalAvgPoolSpec{}, SoftplusSpec{}, DenseSpec{3}}},
  };
}

TEST(ResidualTest, gradients_match_central_differences) {
  for (const NetworkSpec& spec : networks()) {
    Network network(spec, kBatch + 2);
    const std::vector<float> values = testing::random_values(network.parameter_count(), 4);
    std::ranges::transform(values, network.parameters().begin(),
                           [](float value) { return 0.25F * value; });
    std::vector<float> x = testing::random_values(kBatch * network.input_size(), 5);
    const std::vector<float> direction = testing::random_values(kBatch * network.output_size(), 6);
    const auto f = [&] {
      const std::span<const float> y = network.forward(x, kBatch, Mode::Training);
      double sum = 0.0;
      for (std::size_t i = 0; i < y.size(); ++i) {
        sum += static_cast<double>(y[i]) * static_cast<double>(direction[i]);
      }
      return sum;
    };
    // Garbage from another batch must not show.
    const std::vector<float> other_x =
        testing::random_values((kBatch + 2) * network.input_size(), 7);
    network.forward(other_x, kBatch + 2, Mode::Training);
    network.backward(std::vector<float>((kBatch + 2) * network.output_size(), 100.0F));
    f();
    network.backward(direction);
    const std::vector<float> gradients(network.gradients().begin(), network.gradients().end());
    testing::expect_gradients_match(spec.name, network.parameters(), gradients, f, {0.003F, 5e-3});
  }
}

TEST(ResidualTest, adds_the_shortcut_and_a_relu_behind_it_costs_no_layer) {
  const NetworkSpec spec{"sum", Shape::features(2), {}, {block({DenseSpec{2}}), ReluSpec{}}};
  Network network(spec, 2);
  network.set_parameters(std::vector<float>{1, 0, 0, 2, 0, -10});  // y = (x0, 2 x1 - 10)
  const std::vector<float> x{1, 2, -3, 5};
  EXPECT_THAT(network.forward(x, 2, Mode::Training), ::testing::ElementsAre(2, 0, 0, 5));
  network.backward(std::vector<float>{1, 1, 1, 1});
  // Only the outputs above zero: the first of the first sample, the second of the second.
  EXPECT_THAT(network.gradients(), ::testing::ElementsAre(1, -3, 2, 5, 1, 1));
  EXPECT_EQ(build_layers(spec).layers.back().layer->output_storage(), OutputStorage::View);
}

TEST(ResidualTest, what_a_shortcut_reads_keeps_no_relu_of_the_body_and_is_not_overwritten) {
  const NetworkSpec spec{
      "before", Shape::features(2), {}, {DenseSpec{2}, block({ReluSpec{}, DenseSpec{2}})}};
  Network network(spec, 1);
  // The identity, then relu and the identity again: y = x + max(x, 0).
  network.set_parameters(std::vector<float>{1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0});
  const std::vector<float> x{-3, 4};
  EXPECT_THAT(network.forward(x, 1, Mode::Training), ::testing::ElementsAre(-3, 8));
}

TEST(ResidualTest, layers_stand_in_one_list_and_are_numbered_as_they_stand) {
  const NetworkSpec spec{
      "list",
      Shape::image(2, 6, 6),
      {},
      {kSame, block({kWider, BatchNormSpec{}}, {kProjection}), FlattenSpec{}, DenseSpec{3}}};
  const Network network(spec, 1);
  std::vector<std::string> types;
  std::uint64_t forward = 0;
  for (const LayerSummary& layer : network.summary()) {
    types.push_back(layer.type);
    forward += layer.flops.forward;
  }
  EXPECT_THAT(types, ::testing::ElementsAre("conv2d", "conv2d", "batch_norm", "conv2d", "residual",
                                            "flatten", "dense"));
  // Products alone count: 3x3x2 to 2 of 36 pixels; 3x3x2 and 2 to 4 of 9; 36 to 3.
  EXPECT_EQ(forward, 2U * (18 * 2 * 36 + 18 * 4 * 9 + 2 * 4 * 9 + 36 * 3));
  EXPECT_EQ(network.flops().backward, 2U * (18 * 2 * 36 + 2 * (18 * 4 * 9 + 2 * 4 * 9 + 36 * 3)));
  std::vector<std::string> names;
  for (const ParameterTensor& tensor : network.named_parameters()) {
    names.push_back(tensor.name);
  }
  EXPECT_THAT(names,
              ::testing::ElementsAre("conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias",
                                     "batch_norm1.weight", "batch_norm1.bias",
                                     "batch_norm1.running_mean", "batch_norm1.running_var",
                                     "conv3.weight", "conv3.bias", "dense1.weight", "dense1.bias"));
}

TEST(ResidualTest, gradients_take_two_buffers_in_a_chain_and_one_more_in_a_block) {
  const auto buffers = [](const NetworkSpec& spec) {
    return plan_workspace(build_layers(spec), 1).gradient_buffers;
  };
  const std::vector<NetworkSpec> specs = networks();
  EXPECT_EQ(buffers(testing::cnn()), 2U);
  EXPECT_EQ(buffers(specs[0]), 3U);
  EXPECT_EQ(buffers(specs[1]), 3U);
  EXPECT_EQ(buffers(testing::resnet8()), 3U);
}

TEST(ResidualTest, an_addition_works_in_place_where_nobody_needs_what_it_overwrites) {
  const LayerStack stack = build_layers(testing::resnet8());
  const WorkspaceLayout layout = plan_workspace(stack, 2);
  std::size_t additions = 0;
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    if (stack.layers[i].type == "residual") {
      ++additions;
      EXPECT_EQ(layout.activations[i + 1].offset, layout.activations[stack.layers[i].from].offset);
    }
  }
  EXPECT_EQ(additions, 3U);
}

TEST(ResidualTest, errors_tell_the_layer_in_its_block) {
  const auto error_of = [](const ResidualSpec& residual) -> std::string {
    try {
      build_layers({"m", Shape::image(2, 6, 6), {}, {kSame, residual}});
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(error_of(block({})),
            "model \"m\", layer 2 (residual): body: expected at least one layer, found none");
  EXPECT_EQ(error_of(block({kWider})),
            "model \"m\", layer 2 (residual): body: expected it to end with 2x6x6 as the shortcut "
            "does, found 4x3x3");
  EXPECT_EQ(error_of(block({kSame}, {kSame, DenseSpec{3}})),
            "model \"m\", layer 2 (residual), shortcut 2 (dense): expected plain features, found "
            "2x6x6 (channels x height x width); put a flatten layer before it");
  EXPECT_EQ(
      error_of(block({FlattenSpec{}, DenseSpec{72}}, {FlattenSpec{}})),
      "model \"m\", layer 2 (residual): body: expected its values in the order of the "
      "shortcut's, found one of them a flattened image (a dense layer in the shortcut helps)");
  ResidualSpec deep = block({TanhSpec{}});
  for (int depth = 2; depth <= 15; ++depth) {
    deep = block({deep});
  }
  EXPECT_EQ(error_of(deep), "none");
  EXPECT_THAT(error_of(block({deep})),
              ::testing::EndsWith("body: expected at most 15 blocks in one "
                                  "another, found more"));
}

}  // namespace
}  // namespace hermes::nn
