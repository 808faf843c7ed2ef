#include "hermes/runtime/model_file.hpp"

#include <utility>
#include <vector>

#include "hermes/core/error.hpp"
#include "runtime/config/layer_fields.hpp"
#include "runtime/config/toml_table.hpp"
#include "runtime/config/toml_text.hpp"

namespace hermes::runtime {
namespace {

constexpr IntegerRange kExtent{.min = 1, .max = 1'000'000'000};
constexpr std::string_view kInputText =
    "[channels, height, width] or [features], each an integer from 1 to 1000000000";

nn::Shape read_input(const TomlTable& table) {
  const toml::node* node = table.find("input");
  const toml::array* extents = node == nullptr ? nullptr : node->as_array();
  if (extents == nullptr || (extents->size() != 1 && extents->size() != 3)) {
    table.fail("input", kInputText);
  }
  std::vector<std::size_t> sizes;
  for (const toml::node& extent : *extents) {
    const auto* number = extent.as_integer();
    if (number == nullptr || number->get() < 0 ||
        !kExtent.contains(static_cast<std::uint64_t>(number->get()))) {
      table.fail("input", kInputText, describe_value(extent) + " in it");
    }
    sizes.push_back(static_cast<std::size_t>(number->get()));
  }
  return sizes.size() == 1 ? nn::Shape::features(sizes[0])
                           : nn::Shape::image(sizes[0], sizes[1], sizes[2]);
}

std::string_view name_of(nn::Initializer::Kind kind) {
  for (const auto& [name, named] : nn::kInitializerNames) {
    if (named == kind) {
      return name;
    }
  }
  return {};
}

nn::Initializer read_initializer(const TomlTable& table) {
  std::vector<std::string_view> names;
  names.reserve(nn::kInitializerNames.size());
  for (const auto& entry : nn::kInitializerNames) {
    names.push_back(entry.first);
  }
  nn::Initializer initializer;
  if (const auto index = table.word("initializer", names)) {
    initializer.kind = nn::kInitializerNames[*index].second;
  }
  const auto range = table.real("initializer_range", RealRange::positive());
  if (range && initializer.kind != nn::Initializer::Kind::Uniform) {
    table.fail("initializer_range", "no such key, as initializer is not 'uniform'");
  }
  initializer.range = range.value_or(initializer.range);
  return initializer;
}

/// Reads a layer and builds it once without memory, so that a wrong number or shape is told with
/// its place. `shape` goes from the layer's input to its output.
nn::LayerSpec read_layer(const toml::node& node, const TomlTable& file, std::size_t number,
                         std::span<const nn::CustomLayerSpec> custom, nn::Shape& shape) {
  const std::string layer = "layer " + std::to_string(number);
  if (!node.is_table()) {
    file.fail("layer", "only tables", describe_value(node) + " as " + layer);
  }
  const toml::table& table = *node.as_table();
  nn::LayerSpec spec = read_layer_type(TomlTable(table, file.origin(), layer + ": "), custom);
  const std::string context = layer + " (" + std::string(nn::type_name(spec)) + "): ";
  const TomlTable fields(table, file.origin(), context);
  read_layer_fields(fields, spec);
  try {
    shape = nn::make_layer(spec, shape)->output_shape();
  } catch (const ConfigError& error) {
    throw ConfigError(fields.place("type") + error.what());
  }
  return spec;
}

}  // namespace

nn::NetworkSpec load_model_file(const std::filesystem::path& file) {
  return parse_model(read_text_file(file), file);
}

nn::NetworkSpec parse_model(std::string_view text, const std::filesystem::path& origin,
                            std::span<const nn::CustomLayerSpec> custom) {
  const toml::table root = parse_toml(text, origin.string());
  const TomlTable table(root, origin.string());
  const std::vector<std::string> known{"name", "input", "initializer", "initializer_range",
                                       "layer"};
  table.refuse_unknown(known);

  nn::NetworkSpec model;
  model.name = table.text("name").value_or(origin.stem().string());
  model.input = read_input(table);
  model.initializer = read_initializer(table);
  const toml::node* node = table.find("layer");
  const toml::array* layers = node == nullptr ? nullptr : node->as_array();
  if (layers == nullptr || layers->empty()) {
    table.fail("layer", "one [[layer]] table or more");
  }
  nn::Shape shape = model.input;
  for (const toml::node& layer : *layers) {
    model.layers.push_back(read_layer(layer, table, model.layers.size() + 1, custom, shape));
  }
  return model;
}

std::string to_toml(const nn::NetworkSpec& model) {
  const nn::Shape& input = model.input;
  std::string text = "name = " + toml_text(std::string_view(model.name)) + "\n";
  text += "input = [" + std::to_string(input.channels);
  if (!input.flat) {
    text += ", " + std::to_string(input.height) + ", " + std::to_string(input.width);
  }
  text += "]\ninitializer = " + toml_text(name_of(model.initializer.kind)) + "\n";
  if (model.initializer.kind == nn::Initializer::Kind::Uniform) {
    text += "initializer_range = " + toml_text(model.initializer.range) + "\n";
  }
  for (const nn::LayerSpec& layer : model.layers) {
    text += "\n[[layer]]\n" + layer_text(layer);
  }
  return text;
}

}  // namespace hermes::runtime
