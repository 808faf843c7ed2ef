// A ReLU that the layer beside it does gives the same numbers as one of its own.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "hermes/nn/network.hpp"
#include "nn/support/bits.hpp"
#include "nn/support/layer_harness.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

using testing::expect_same_bits;
using testing::LayerHarness;

constexpr std::size_t kBatch = 3;

/// Small whole numbers: ties and zeros everywhere, and every sum is exact in any order.
std::vector<float> whole_numbers(std::size_t count, std::uint64_t seed) {
  RandomStream random(seed, RandomPurpose::Test);
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(random.below(5)) - 2.0F;
  }
  return values;
}

/// The layers one by one, none of which knows of the others.
struct Chain {
  explicit Chain(const NetworkSpec& spec) {
    Shape shape = spec.input;
    for (const LayerSpec& layer : spec.layers) {
      layers.push_back(std::make_unique<LayerHarness>(layer, shape, kBatch));
      shape = layers.back()->layer().output_shape();
    }
  }

  void set_parameters(std::span<const float> values) {
    for (const auto& layer : layers) {
      const std::size_t count = layer->parameters.size();
      layer->parameters.assign(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
      values = values.subspan(count);
    }
  }

  std::vector<float> forward(std::vector<float> x) {
    for (const auto& layer : layers) {
      x = is_view(*layer) ? x : layer->forward(x);
    }
    return x;
  }

  std::vector<float> backward(std::vector<float> gradient) {
    std::vector<float> gradients;
    for (std::size_t i = layers.size(); i-- > 0;) {
      gradient = is_view(*layers[i]) ? gradient : layers[i]->backward(gradient);
      gradients.insert(gradients.begin(), layers[i]->gradients.begin(), layers[i]->gradients.end());
    }
    return gradients;
  }

  static bool is_view(LayerHarness& layer) {
    return layer.layer().output_storage() == OutputStorage::View;
  }

  std::vector<std::unique_ptr<LayerHarness>> layers;
};

void expect_equals_its_layers(const NetworkSpec& spec, bool has_nan) {
  SCOPED_TRACE(spec.name + (has_nan ? " with a NaN" : ""));
  Network network(spec, kBatch + 1);
  Chain chain(spec);
  network.set_parameters(whole_numbers(network.parameter_count(), 1));
  chain.set_parameters(network.parameters());
  std::vector<float> x = whole_numbers(kBatch * network.input_size(), 2);
  if (has_nan) {
    x[x.size() / 2] = std::numeric_limits<float>::quiet_NaN();
  }
  const std::vector<float> dy = whole_numbers(kBatch * network.output_size(), 3);
  const std::vector<float> y = chain.forward(x);
  expect_same_bits(network.forward(x, kBatch, Mode::Inference), y);
  expect_same_bits(network.forward(x, kBatch, Mode::Training), y);
  network.backward(dy);
  expect_same_bits(network.gradients(), chain.backward(dy));
}

const Conv2dSpec kSame{4, 3, 1, Conv2dPadding::same()};
const Conv2dSpec kValid{5, 2, 1, Conv2dPadding::valid()};
const MaxPool2dSpec kHalve{2, std::nullopt};
const MaxPool2dSpec kOverlap{3, 2};

std::vector<NetworkSpec> networks() {
  const Shape image = Shape::image(2, 8, 7);
  return {
      {"conv, relu, pool", image, {}, {kSame, ReluSpec{}, kHalve, FlattenSpec{}, DenseSpec{3}}},
      {"twice", image, {}, {kSame, ReluSpec{}, kHalve, kSame, ReluSpec{}, kOverlap}},
      {"conv, relu, conv", image, {}, {kSame, ReluSpec{}, kSame, ReluSpec{}, kValid}},
      {"relu at the end", image, {}, {kValid, ReluSpec{}}},
      {"relu at both ends", image, {}, {ReluSpec{}, kSame, kHalve, ReluSpec{}}},
      {"relu and pool first", image, {}, {ReluSpec{}, kHalve, kSame, FlattenSpec{}, DenseSpec{2}}},
      {"relu twice", image, {}, {kSame, ReluSpec{}, ReluSpec{}, kHalve, kSame}},
      {"relu on both sides of a pool", image, {}, {kSame, ReluSpec{}, kHalve, ReluSpec{}, kSame}},
      {"two pools", image, {}, {kSame, ReluSpec{}, kHalve, kHalve, ReluSpec{}}},
      {"after flatten", image, {}, {kSame, FlattenSpec{}, ReluSpec{}, DenseSpec{3}}},
      {"before flatten", image, {}, {kSame, ReluSpec{}, FlattenSpec{}, DenseSpec{3}}},
      {"no dropout", image, {}, {kSame, ReluSpec{}, DropoutSpec{0.0}, kSame, ReluSpec{}, kHalve}},
      {"dropout before", image, {}, {kSame, DropoutSpec{0.0}, ReluSpec{}, kHalve, kSame}},
      {"another activation before", image, {}, {kSame, LeakyReluSpec{0.5}, ReluSpec{}, kHalve}},
      {"average", image, {}, {kSame, ReluSpec{}, AvgPool2dSpec{2, std::nullopt}, kSame}},
      {"dense", Shape::features(9), {}, {DenseSpec{17}, ReluSpec{}, DenseSpec{4}, ReluSpec{}}},
  };
}

TEST(ReluFusionTest, a_network_gives_the_same_bits_as_its_layers_one_by_one) {
  for (const NetworkSpec& spec : networks()) {
    expect_equals_its_layers(spec, false);
    expect_equals_its_layers(spec, true);
  }
}

TEST(ReluFusionTest, the_summary_still_lists_the_relu) {
  const Network network(testing::cnn(), 1);
  const std::vector<LayerSummary> summary = network.summary();
  ASSERT_EQ(summary.size(), testing::cnn().layers.size());
  EXPECT_EQ(summary[1].type, "relu");
  EXPECT_EQ(summary[1].output, Shape::image(16, 28, 28));
}

TEST(ReluFusionTest, pooling_takes_a_relu_and_remembers_a_byte_for_each_output) {
  LayerHarness harness(kHalve, Shape::image(16, 8, 8), 2);
  EXPECT_TRUE(harness.layer().fuse_relu_of_input());
  EXPECT_FALSE(harness.layer().fuse_relu_of_output());
  EXPECT_FALSE(harness.layer().backward_needs_output());
  EXPECT_EQ(harness.layer().saved_bytes(2), 2U * 16 * 4 * 4);
  // A network saves the memory and the pass: only the pool's winners remain.
  const NetworkSpec pooled{"p", Shape::image(16, 8, 8), {}, {kSame, ReluSpec{}, kHalve}};
  const NetworkSpec bare{"p", Shape::image(16, 8, 8), {}, {kSame, kHalve}};
  EXPECT_EQ(Network::memory_bytes(pooled, 2).total(), Network::memory_bytes(bare, 2).total());
}

}  // namespace
}  // namespace hermes::nn
