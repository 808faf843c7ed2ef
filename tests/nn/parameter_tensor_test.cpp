#include "hermes/nn/parameter_tensor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "hermes/core/error.hpp"
#include "hermes/nn/network.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

std::vector<float> numbered(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0F);
  return values;
}

TEST(ParameterTensorTest, round_trip_restores_every_value_of_any_buffer) {
  for (const NetworkSpec& spec : {testing::mlp(), testing::cnn(), testing::alexnet_s()}) {
    const Network network(spec, 1);
    const std::vector<float> buffer = numbered(network.parameter_count());
    std::vector<NamedTensor> tensors = export_parameters(network.named_parameters(), buffer);
    std::reverse(tensors.begin(), tensors.end());
    std::vector<float> back(buffer.size(), -1.0F);
    import_parameters(network.named_parameters(), tensors, back);
    EXPECT_EQ(back, buffer) << spec.name;
  }
}

TEST(ParameterTensorTest, convolution_weights_go_to_out_in_row_column) {
  const Network network(
      {"m", Shape::image(2, 4, 4), {}, {Conv2dSpec{3, 2, 1, Conv2dPadding::valid()}}}, 1);
  const std::vector<float> buffer = numbered(network.parameter_count());
  const std::vector<NamedTensor> tensors = export_parameters(network.named_parameters(), buffer);
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_THAT(tensors[0].shape, ::testing::ElementsAre(3, 2, 2, 2));
  for (std::size_t o = 0; o < 3; ++o) {
    for (std::size_t i = 0; i < 2; ++i) {
      for (std::size_t h = 0; h < 2; ++h) {
        for (std::size_t w = 0; w < 2; ++w) {
          EXPECT_EQ(tensors[0].values[((o * 2 + i) * 2 + h) * 2 + w],
                    buffer[((h * 2 + w) * 2 + i) * 3 + o]);
        }
      }
    }
  }
  EXPECT_THAT(tensors[1].values, ::testing::ElementsAre(24, 25, 26));
}

TEST(ParameterTensorTest, tensors_that_do_not_fit_are_refused_and_change_nothing) {
  const Network network({"m", Shape::features(3), {}, {DenseSpec{2}}}, 1);
  const std::vector<NamedTensor> good =
      export_parameters(network.named_parameters(), numbered(network.parameter_count()));
  std::vector<NamedTensor> missing{good[0]};
  std::vector<NamedTensor> wrong_shape = good;
  wrong_shape[0].shape = {3, 2};
  std::vector<NamedTensor> too_short = good;
  too_short[1].values.pop_back();
  std::vector<NamedTensor> unknown = good;
  unknown.push_back({"dense2.bias", {2}, {0, 0}});
  std::vector<NamedTensor> twice = good;
  twice.push_back(good[1]);
  const std::pair<std::vector<NamedTensor>, std::string> cases[] = {
      {missing, "tensor dense1.bias: expected [2], found none of this name"},
      {wrong_shape, "tensor dense1.weight: expected [2, 3] (6 values), found [3, 2] (6 values)"},
      {too_short, "tensor dense1.bias: expected [2] (2 values), found [2] (1 values)"},
      {unknown, "tensor dense2.bias: the model has none of this name"},
      {twice, "tensor dense1.bias: expected once, found more than once"},
  };
  for (const auto& [tensors, message] : cases) {
    std::vector<float> buffer(network.parameter_count(), 7.0F);
    try {
      import_parameters(network.named_parameters(), tensors, buffer);
      ADD_FAILURE() << "accepted: " << message;
    } catch (const DataError& error) {
      EXPECT_EQ(error.what(), message);
    }
    EXPECT_THAT(buffer, ::testing::Each(7.0F)) << message;
  }
}

}  // namespace
}  // namespace hermes::nn
