#include "hermes/runtime/model_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "hermes/core/error.hpp"

namespace hermes::runtime {
namespace {

constexpr std::string_view kEveryLayer = R"(name = "all"
input = [3, 16, 16]
initializer = "uniform"
initializer_range = 0.25

[[layer]]
type = "conv2d"
filters = 4
kernel = 3
stride = 2
padding = "same"

[[layer]]
type = "conv2d"
filters = 4
kernel = 3
stride = 1
padding = 1

[[layer]]
type = "conv2d"
filters = 4
kernel = 1
stride = 1
padding = "valid"

[[layer]]
type = "leaky_relu"
slope = 0.25

[[layer]]
type = "max_pool2d"
size = 2

[[layer]]
type = "avg_pool2d"
size = 2
stride = 1

[[layer]]
type = "relu"

[[layer]]
type = "tanh"

[[layer]]
type = "sigmoid"

[[layer]]
type = "dropout"
rate = 0.5

[[layer]]
type = "residual"

[[layer.body]]
type = "batch_norm"
momentum = 0.25
epsilon = 0.001

[[layer.body]]
type = "residual"

[[layer.body.body]]
type = "gelu"

[[layer.shortcut]]
type = "softplus"

[[layer.shortcut]]
type = "layer_norm"
epsilon = 0.125

[[layer]]
type = "global_avg_pool"

[[layer]]
type = "flatten"

[[layer]]
type = "dense"
units = 10
)";

TEST(ModelFileTest, every_kind_of_layer_is_read_with_all_its_fields) {
  const nn::NetworkSpec model = parse_model(kEveryLayer, "m.toml");
  EXPECT_EQ(model.name, "all");
  EXPECT_EQ(model.input, nn::Shape::image(3, 16, 16));
  EXPECT_EQ(model.initializer, (nn::Initializer{nn::Initializer::Kind::Uniform, 0.25}));
  ASSERT_EQ(model.layers.size(), 14U);
  const auto& conv = std::get<nn::Conv2dSpec>(model.layers[0]);
  EXPECT_EQ(conv.filters, 4U);
  EXPECT_EQ(conv.kernel, 3U);
  EXPECT_EQ(conv.stride, 2U);
  EXPECT_EQ(conv.padding, nn::Conv2dPadding::same());
  EXPECT_EQ(std::get<nn::Conv2dSpec>(model.layers[1]).padding, nn::Conv2dPadding::number(1));
  EXPECT_EQ(std::get<nn::Conv2dSpec>(model.layers[2]).padding, nn::Conv2dPadding::valid());
  EXPECT_EQ(std::get<nn::LeakyReluSpec>(model.layers[3]).slope, 0.25);
  EXPECT_FALSE(std::get<nn::MaxPool2dSpec>(model.layers[4]).stride.has_value());
  EXPECT_EQ(std::get<nn::AvgPool2dSpec>(model.layers[5]).stride, 1U);
  EXPECT_EQ(std::get<nn::DropoutSpec>(model.layers[9]).rate, 0.5);
  const auto& block = std::get<nn::ResidualSpec>(model.layers[10]);
  ASSERT_EQ(block.body.size(), 2U);
  EXPECT_EQ(std::get<nn::BatchNormSpec>(block.body[0]).momentum, 0.25);
  EXPECT_EQ(std::get<nn::BatchNormSpec>(block.body[0]).epsilon, 0.001);
  EXPECT_EQ(std::get<nn::ResidualSpec>(block.body[1]).body.size(), 1U);
  ASSERT_EQ(block.shortcut.size(), 2U);
  EXPECT_EQ(std::get<nn::LayerNormSpec>(block.shortcut[1]).epsilon, 0.125);
  EXPECT_EQ(std::get<nn::DenseSpec>(model.layers[13]).units, 10U);
}

TEST(ModelFileTest, written_model_is_the_file_again) {
  EXPECT_EQ(to_toml(parse_model(kEveryLayer, "m.toml")), kEveryLayer);
}

TEST(ModelFileTest, name_is_the_stem_of_the_file_and_features_are_a_plain_list) {
  const auto model =
      parse_model("input = [20]\n[[layer]]\ntype = \"dense\"\nunits = 2\n", "dir/linear.toml");
  EXPECT_EQ(model.name, "linear");
  EXPECT_EQ(model.input, nn::Shape::features(20));
  EXPECT_EQ(model.initializer, nn::Initializer{});
}

TEST(ModelFileTest, shipped_models_are_valid) {
  for (const auto* name : {"linear", "mlp", "cnn", "lenet5", "alexnet_s", "resnet8"}) {
    const auto file =
        std::filesystem::path(HERMES_SOURCE_DIR) / "models" / (std::string(name) + ".toml");
    const nn::NetworkSpec model = load_model_file(file);
    EXPECT_EQ(model.name, name);
    EXPECT_EQ(std::get<nn::DenseSpec>(model.layers.back()).units, 10U);
  }
}

struct ModelCase {
  const char* text;
  const char* error;
};

void PrintTo(const ModelCase& c, std::ostream* out) {
  *out << c.text;
}

class ModelFileErrorTest : public testing::TestWithParam<ModelCase> {};

TEST_P(ModelFileErrorTest, is_one_line_with_place_expected_and_found) {
  try {
    parse_model(GetParam().text, "m.toml");
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), GetParam().error);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Head, ModelFileErrorTest,
    testing::Values(
        ModelCase{"nam = \"x\"", "m.toml:1: key 'nam': unknown, did you mean 'name'?"},
        ModelCase{"name = \"x\"\ninitialiser = 1",
                  "m.toml:2: key 'initialiser': unknown, did you mean 'initializer'?"},
        ModelCase{"name = \"x\"",
                  "m.toml:1: key 'input': expected [channels, height, width] or [features], each "
                  "an integer from 1 to 1000000000, found nothing"},
        ModelCase{"\ninput = [1, 2]",
                  "m.toml:2: key 'input': expected [channels, height, width] or [features], each "
                  "an integer from 1 to 1000000000, found an array of 2"},
        ModelCase{"input = [3, 0, 8]",
                  "m.toml:1: key 'input': expected [channels, height, width] or [features], each "
                  "an integer from 1 to 1000000000, found integer 0 in it"},
        ModelCase{"input = [1]\ninitializer = \"he\"",
                  "m.toml:2: key 'initializer': expected one of 'he_normal', 'he_uniform', "
                  "'xavier_normal', 'xavier_uniform', 'uniform', found string 'he'"},
        ModelCase{"input = [1]\ninitializer_range = 1",
                  "m.toml:2: key 'initializer_range': expected no such key, as initializer is not "
                  "'uniform', found integer 1"},
        ModelCase{"input = [1]",
                  "m.toml:1: key 'layer': expected one [[layer]] table or more, found nothing"},
        ModelCase{"input = [1]\nlayer = []",
                  "m.toml:2: key 'layer': expected one [[layer]] table or more, found an array of "
                  "0"},
        ModelCase{"input = [1]\nlayer = [1]",
                  "m.toml:2: key 'layer': expected only tables, found integer 1 as layer 1"}));

INSTANTIATE_TEST_SUITE_P(
    Layers, ModelFileErrorTest,
    testing::Values(
        ModelCase{"input = [1]\n[[layer]]\nunits = 1",
                  "m.toml:2: layer 1: key 'type': expected one of 'dense', 'conv2d', "
                  "'max_pool2d', 'avg_pool2d', 'global_avg_pool', 'flatten', 'batch_norm', "
                  "'layer_norm', 'relu', 'leaky_relu', 'tanh', 'sigmoid', 'gelu', 'softplus', "
                  "'dropout', 'residual', found nothing"},
        ModelCase{"input = [1]\n[[layer]]\ntype = \"relu\"\n[[layer]]\ntype = \"relo\"",
                  "m.toml:5: layer 2: key 'type': expected one of 'dense', 'conv2d', "
                  "'max_pool2d', 'avg_pool2d', 'global_avg_pool', 'flatten', 'batch_norm', "
                  "'layer_norm', 'relu', 'leaky_relu', 'tanh', 'sigmoid', 'gelu', 'softplus', "
                  "'dropout', 'residual', found string 'relo'"},
        ModelCase{"input = [1]\n[[layer]]\ntype = \"dense\"\nunit = 1",
                  "m.toml:4: layer 1 (dense): key 'unit': unknown, did you mean 'units'?"},
        ModelCase{"input = [1]\n[[layer]]\ntype = \"dense\"",
                  "m.toml:2: layer 1 (dense): key 'units': expected an integer, found nothing"},
        ModelCase{"input = [1]\n[[layer]]\ntype = \"dropout\"",
                  "m.toml:2: layer 1 (dropout): key 'rate': expected a finite number, found "
                  "nothing"},
        ModelCase{"input = [1]\n[[layer]]\ntype = \"dense\"\nunits = -1",
                  "m.toml:4: layer 1 (dense): key 'units': expected an integer from 0 to "
                  "1000000000, found integer -1"},
        ModelCase{"input = [1]\n[[layer]]\ntype = \"dropout\"\nrate = nan",
                  "m.toml:4: layer 1 (dropout): key 'rate': expected a finite number, found "
                  "number nan"},
        ModelCase{"input = [1, 8, 8]\n[[layer]]\ntype = \"conv2d\"\nfilters = 1\nkernel = 3\n"
                  "padding = \"full\"",
                  "m.toml:6: layer 1 (conv2d): key 'padding': expected 'valid', 'same' or a "
                  "number of pixels, found string 'full'"},
        ModelCase{"input = [4]\n[[layer]]\ntype = \"residual\"",
                  "m.toml:2: layer 1 (residual): key 'body': expected one [[layer.body]] table or "
                  "more, found nothing"},
        ModelCase{"input = [4]\n[[layer]]\ntype = \"residual\"\nbody = 3",
                  "m.toml:4: layer 1 (residual): key 'body': expected one [[layer.body]] table or "
                  "more, found integer 3"},
        ModelCase{"input = [4]\n[[layer]]\ntype = \"residual\"\nbodi = 3",
                  "m.toml:4: layer 1 (residual): key 'bodi': unknown, did you mean 'body'?"},
        ModelCase{"input = [4]\n[[layer]]\ntype = \"residual\"\n[[layer.body]]\ntype = \"relu\"\n"
                  "[[layer.body]]\ntype = \"dense\"\nunit = 1",
                  "m.toml:8: layer 1 (residual), body 2 (dense): key 'unit': unknown, did you mean "
                  "'units'?"},
        ModelCase{"input = [4]\n[[layer]]\ntype = \"residual\"\nshortcut = []\n[[layer.body]]\n"
                  "type = \"relu\"",
                  "m.toml:4: layer 1 (residual): key 'shortcut': expected one [[layer.shortcut]] "
                  "table or more, found an array of 0"},
        ModelCase{"input = [4]\n[[layer]]\ntype = \"residual\"\n[[layer.body]]\ntype = \"dense\"\n"
                  "units = 3",
                  "m.toml:3: layer 1 (residual): body: expected it to end with 4 features as the "
                  "shortcut does, found 3 features"}));

TEST(ModelFileTest, shapes_that_do_not_fit_are_told_with_the_layer_and_its_line) {
  try {
    parse_model(
        "input = [1, 8, 8]\n[[layer]]\ntype = \"relu\"\n[[layer]]\ntype = \"dense\"\nunits = 1\n",
        "m.toml");
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.rfind("m.toml:5: layer 2 (dense): ", 0), 0U) << message;
    EXPECT_NE(message.find("1x8x8"), std::string::npos) << message;
  }
}

TEST(ModelFileTest, layers_that_a_program_brings_along_are_known_by_type_and_keep_their_settings) {
  nn::CustomLayerSpec custom;
  custom.type = "own";
  custom.settings = "of another";
  custom.make = [](const std::string&, const nn::Shape& input) {
    return nn::make_layer(nn::ReluSpec{}, input);
  };
  const std::string head = "input = [4]\n[[layer]]\ntype = \"own\"\n";
  for (const std::string settings : {"", "half = 0.5"}) {
    const std::string text = settings.empty() ? head : head + "settings = \"" + settings + "\"\n";
    const nn::NetworkSpec model = parse_model(text, "m.toml", {&custom, 1});
    ASSERT_EQ(nn::custom_layers(model).size(), 1U);
    EXPECT_EQ(nn::custom_layers(model)[0].settings, settings);
    EXPECT_EQ(to_toml(parse_model(to_toml(model), "m.toml", {&custom, 1})), to_toml(model));
  }
  EXPECT_THROW(parse_model(head, "m.toml"), ConfigError);
  EXPECT_THROW(parse_model("input = [4]\n[[layer]]\ntype = \"custom\"\n", "m.toml"), ConfigError);
  custom.make = nullptr;
  EXPECT_THROW(parse_model(head, "m.toml", {&custom, 1}), ConfigError);
}

}  // namespace
}  // namespace hermes::runtime
