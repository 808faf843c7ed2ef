#include "nn/support/models.hpp"

#include <algorithm>

#include "hermes/core/random.hpp"

namespace hermes::nn::testing {
namespace {

Conv2dSpec same_conv(std::size_t filters, std::size_t kernel) {
  return {filters, kernel, 1, Conv2dPadding::same()};
}

MaxPool2dSpec halve() {
  return {2, std::nullopt};
}

}  // namespace

NetworkSpec mlp() {
  return {"mlp",
          Shape::image(1, 28, 28),
          {},
          {FlattenSpec{}, DenseSpec{128}, ReluSpec{}, DenseSpec{64}, ReluSpec{}, DenseSpec{10}}};
}

NetworkSpec cnn() {
  return {"cnn",
          Shape::image(1, 28, 28),
          {},
          {same_conv(16, 5), ReluSpec{}, halve(), same_conv(32, 5), ReluSpec{}, halve(),
           FlattenSpec{}, DenseSpec{64}, ReluSpec{}, DenseSpec{10}}};
}

NetworkSpec alexnet_s() {
  return {"alexnet_s",
          Shape::image(3, 32, 32),
          {},
          {same_conv(32, 3), ReluSpec{}, halve(), same_conv(64, 3), ReluSpec{}, halve(),
           same_conv(128, 3), ReluSpec{}, same_conv(128, 3), ReluSpec{}, same_conv(64, 3),
           ReluSpec{}, halve(), FlattenSpec{}, DenseSpec{512}, ReluSpec{}, DenseSpec{256},
           ReluSpec{}, DenseSpec{10}}};
}

NetworkSpec resnet8() {
  const auto stage = [](std::size_t filters) {
    return ResidualSpec{{Conv2dSpec{filters, 3, 2, Conv2dPadding::number(1)}, BatchNormSpec{},
                         ReluSpec{}, same_conv(filters, 3), BatchNormSpec{}},
                        {Conv2dSpec{filters, 1, 2, Conv2dPadding::valid()}, BatchNormSpec{}}};
  };
  return {
      "resnet8",
      Shape::image(3, 32, 32),
      {},
      {same_conv(16, 3), BatchNormSpec{}, ReluSpec{},
       ResidualSpec{
           {same_conv(16, 3), BatchNormSpec{}, ReluSpec{}, same_conv(16, 3), BatchNormSpec{}}, {}},
       ReluSpec{}, stage(32), ReluSpec{}, stage(64), ReluSpec{}, GlobalAvgPoolSpec{},
       DenseSpec{10}}};
}

std::vector<float> random_values(std::size_t count, std::uint64_t seed) {
  RandomStream random(seed, RandomPurpose::Test);
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return static_cast<float>(random.normal()); });
  return values;
}

std::vector<std::int32_t> random_labels(std::size_t count, std::size_t classes,
                                        std::uint64_t seed) {
  RandomStream random(seed, RandomPurpose::Test, 1);
  std::vector<std::int32_t> labels(count);
  std::generate(labels.begin(), labels.end(),
                [&] { return static_cast<std::int32_t>(random.below(classes)); });
  return labels;
}

}  // namespace hermes::nn::testing
