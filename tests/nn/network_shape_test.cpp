#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "hermes/core/error.hpp"
#include "hermes/nn/network.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

std::string error_of(const NetworkSpec& spec) {
  try {
    const Network network(spec, 1);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(NetworkShapeTest, errors_name_the_model_the_layer_and_both_shapes) {
  struct Case {
    Shape input;
    std::vector<LayerSpec> layers;
    std::string message;
  };
  const Shape image = Shape::image(1, 28, 28);
  const Conv2dSpec conv{16, 5, 1, Conv2dPadding::same()};
  const Case cases[] = {
      {image,
       {conv, ReluSpec{}, DenseSpec{10}},
       "model \"m\", layer 3 (dense): expected plain features, found 16x28x28 (channels x height x "
       "width); put a flatten layer before it"},
      {Shape::features(20),
       {DenseSpec{10}, conv},
       "model \"m\", layer 2 (conv2d): expected an image (channels x height x width), found 10 "
       "features"},
      {image,
       {FlattenSpec{}, MaxPool2dSpec{2, {}}},
       "model \"m\", layer 2 (max_pool2d): expected an image (channels x height x width), found "
       "784 "
       "features"},
      {Shape::image(3, 4, 8),
       {Conv2dSpec{2, 5}},
       "model \"m\", layer 1 (conv2d): kernel: expected at most the padded input 3x4x8 (channels x "
       "height x width), found 5x5"},
      {image, {}, "model \"m\": layer: expected at least one, found none"},
      {Shape::image(0, 28, 28),
       {FlattenSpec{}},
       "model \"m\": input channels: expected an integer from 1 to 2147483647, found 0"},
      {Shape::image(1 << 20, 1 << 20, 1),
       {FlattenSpec{}},
       "model \"m\": input: expected at most 2147483647 values, found more"},
      {Shape::features(40000),
       {DenseSpec{40000}, DenseSpec{40000}},
       "model \"m\", layer 2 (dense): parameters: expected at most 2147483647 in the network, "
       "found more"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(error_of({"m", c.input, {}, c.layers}), c.message);
  }
}

TEST(NetworkShapeTest, parameter_counts_and_flops_of_the_models) {
  struct Case {
    NetworkSpec spec;
    std::size_t parameters;
    std::uint64_t forward;
    std::uint64_t backward;
  };
  // Forward: 2 x multiply-adds of each product; backward: twice that, less the first layer's.
  const Case cases[] = {
      {testing::mlp(), 109386, 218368, 236032},
      {testing::cnn(), 114314, 5846784, 11066368},
      {testing::alexnet_s(), 973322, 50271232, 98772992},
  };
  for (const Case& c : cases) {
    const Network network(c.spec, 1);
    EXPECT_EQ(network.trained_count() + network.statistics_count(), network.parameter_count());
    EXPECT_EQ(network.parameter_count(), c.parameters) << c.spec.name;
    EXPECT_EQ(network.flops().forward, c.forward) << c.spec.name;
    EXPECT_EQ(network.flops().backward, c.backward) << c.spec.name;
    EXPECT_EQ(network.output_size(), 10U) << c.spec.name;
  }
}

TEST(NetworkShapeTest, running_statistics_lie_behind_all_that_is_trained) {
  Network network(testing::resnet8(), 1);
  EXPECT_EQ(network.trained_count(), 78378U);
  EXPECT_EQ(network.statistics_count(), 2U * (3 * 16 + 3 * 32 + 3 * 64));
  RandomStream random(1, RandomPurpose::Initialization);
  network.initialize(random);
  std::size_t trained = 0;
  std::size_t statistics = network.trained_count();
  for (const ParameterTensor& tensor : network.named_parameters()) {
    const bool is_statistic = tensor.name.find(".running_") != std::string::npos;
    std::size_t& place = is_statistic ? statistics : trained;
    EXPECT_EQ(tensor.offset, place) << tensor.name;
    place += tensor.size();
    if (tensor.fan_in == 0) {
      const bool is_one = tensor.name.ends_with("running_var") || tensor.name.ends_with("weight");
      EXPECT_EQ(network.parameters()[tensor.offset], is_one ? 1.0F : 0.0F) << tensor.name;
    }
  }
  EXPECT_EQ(trained, network.trained_count());
  EXPECT_EQ(statistics, network.parameter_count());
}

TEST(NetworkShapeTest, summary_tells_each_layer) {
  const Network network(testing::cnn(), 1);
  const std::vector<LayerSummary> summary = network.summary();
  ASSERT_EQ(summary.size(), 10U);
  EXPECT_EQ(summary[3].type, "conv2d");
  EXPECT_EQ(summary[3].output, Shape::image(32, 14, 14));
  EXPECT_EQ(summary[3].parameter_count, 5U * 5 * 16 * 32 + 32);
  EXPECT_EQ(summary[3].flops.forward, 2U * 14 * 14 * 5 * 5 * 16 * 32);
  EXPECT_EQ(summary[3].flops.backward, 2 * summary[3].flops.forward);
  EXPECT_EQ(summary[0].flops.backward, summary[0].flops.forward);
  EXPECT_EQ(summary[5].output, Shape::image(32, 7, 7));
}

TEST(NetworkShapeTest, tensors_are_named_by_kind_and_number) {
  const Network network(testing::cnn(), 1);
  std::vector<std::string> names;
  std::size_t offset = 0;
  for (const ParameterTensor& tensor : network.named_parameters()) {
    names.push_back(tensor.name);
    EXPECT_EQ(tensor.offset, offset);
    offset += tensor.size();
  }
  EXPECT_THAT(names, ::testing::ElementsAre("conv1.weight", "conv1.bias", "conv2.weight",
                                            "conv2.bias", "dense1.weight", "dense1.bias",
                                            "dense2.weight", "dense2.bias"));
  EXPECT_EQ(offset, network.parameter_count());
  EXPECT_THAT(network.named_parameters()[2].shape, ::testing::ElementsAre(32, 16, 5, 5));
  EXPECT_THAT(network.named_parameters()[4].shape, ::testing::ElementsAre(64, 1568));
}

}  // namespace
}  // namespace hermes::nn
