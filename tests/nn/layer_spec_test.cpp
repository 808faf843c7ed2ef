#include "hermes/nn/layer_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "hermes/core/error.hpp"

namespace hermes::nn {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> keys_of(LayerSpec spec) {
  std::vector<std::string> keys;
  std::visit(
      [&](auto& alternative) {
        alternative.visit_fields(
            alternative, [&](std::string_view key, auto& /*member*/, Presence presence) {
              keys.push_back(std::string(key) + (presence == Presence::Required ? "" : "?"));
            });
      },
      spec);
  return keys;
}

TEST(LayerSpecTest, every_type_lists_its_keys) {
  EXPECT_THAT(keys_of(DenseSpec{}), ElementsAre("units"));
  EXPECT_THAT(keys_of(Conv2dSpec{}), ElementsAre("filters", "kernel", "stride?", "padding?"));
  EXPECT_THAT(keys_of(MaxPool2dSpec{}), ElementsAre("size", "stride?"));
  EXPECT_THAT(keys_of(AvgPool2dSpec{}), ElementsAre("size", "stride?"));
  EXPECT_THAT(keys_of(LeakyReluSpec{}), ElementsAre("slope?"));
  EXPECT_THAT(keys_of(DropoutSpec{}), ElementsAre("rate"));
  for (const LayerSpec& spec : {LayerSpec(FlattenSpec{}), LayerSpec(ReluSpec{}),
                                LayerSpec(TanhSpec{}), LayerSpec(SigmoidSpec{})}) {
    EXPECT_TRUE(keys_of(spec).empty()) << type_name(spec);
  }
}

TEST(LayerSpecTest, a_field_out_of_range_is_refused_with_what_was_expected_and_found) {
  struct Case {
    LayerSpec spec;
    std::string message;
  };
  const Shape image = Shape::image(3, 8, 8);
  const Case cases[] = {
      {DenseSpec{0}, "units: expected an integer from 1 to 2147483647, found 0"},
      {Conv2dSpec{0, 3}, "filters: expected an integer from 1 to 2147483647, found 0"},
      {Conv2dSpec{4, 0}, "kernel: expected an integer from 1 to 1024, found 0"},
      {Conv2dSpec{4, 3, 0}, "stride: expected an integer from 1 to 1024, found 0"},
      {Conv2dSpec{4, 9},
       "kernel: expected at most the padded input 3x8x8 (channels x height x width), found 9x9"},
      {Conv2dSpec{1ULL << 31, 3},
       "filters: expected an integer from 1 to 2147483647, found 2147483648"},
      {Conv2dSpec{1ULL << 30, 3}, "weights: expected at most 2147483647 values, found more"},
      {MaxPool2dSpec{0, {}}, "size: expected an integer from 1 to 255, found 0"},
      {MaxPool2dSpec{2, 0}, "stride: expected an integer from 1 to 2147483647, found 0"},
      {AvgPool2dSpec{9, {}},
       "size: expected a window of at most the input 3x8x8 (channels x height x width), found 9x9"},
      {LeakyReluSpec{-0.5}, "slope: expected a number in [0, 1], found -0.5"},
      {DropoutSpec{1.0}, "rate: expected a number in [0, 1), found 1"},
      {DropoutSpec{std::nan("")}, "rate: expected a number in [0, 1), found nan"},
  };
  for (const Case& c : cases) {
    try {
      make_layer(c.spec, image);
      ADD_FAILURE() << "accepted: " << c.message;
    } catch (const ConfigError& error) {
      EXPECT_EQ(error.what(), c.message);
    }
  }
}

}  // namespace
}  // namespace hermes::nn
