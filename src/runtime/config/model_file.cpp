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

/// Reads layers and builds each once without memory, so that a wrong number or shape is told with
/// its place.
class LayerReader {
 public:
  LayerReader(const TomlTable& file, std::span<const nn::CustomLayerSpec> custom)
      : file_(file), custom_(custom) {}

  /// The tables under `key` of `table`: "layer", "body" or "shortcut". `place`, for instance "layer
  /// 3 (residual), ", is where that table is. `shape` goes from the input to the output.
  std::vector<nn::LayerSpec> read(const TomlTable& table, std::string_view key,
                                  const std::string& place, nn::Shape& shape) const {
    std::vector<nn::LayerSpec> layers;
    const toml::node* node = table.find(key);
    const toml::array* tables = node == nullptr ? nullptr : node->as_array();
    if (tables == nullptr || tables->empty()) {
      table.fail(key, (place.empty() ? "one [[layer]]" : "one [[layer." + std::string(key) + "]]") +
                          " table or more");
    }
    for (const toml::node& layer : *tables) {
      std::string number = place;
      number.append(key).append(" ").append(std::to_string(layers.size() + 1));
      if (!layer.is_table()) {
        table.fail(key, "only tables", describe_value(layer).append(" as ").append(number));
      }
      layers.push_back(read_layer(*layer.as_table(), number, shape));
    }
    return layers;
  }

 private:
  nn::LayerSpec read_layer(const toml::table& table, const std::string& place,
                           nn::Shape& shape) const {
    nn::LayerSpec spec = read_layer_type(TomlTable(table, file_.origin(), place + ": "), custom_);
    const std::string typed = place + " (" + std::string(nn::type_name(spec)) + ")";
    const TomlTable fields(table, file_.origin(), typed + ": ");
    read_layer_fields(fields, spec);
    auto* block = std::get_if<nn::ResidualSpec>(&spec);
    nn::Shape shortcut = shape;
    if (block != nullptr) {
      block->body = read(fields, "body", typed + ", ", shape);
      if (fields.find("shortcut") != nullptr) {
        block->shortcut = read(fields, "shortcut", typed + ", ", shortcut);
      }
    }
    try {
      if (block != nullptr) {
        nn::check_can_be_added(shape, shortcut);
      }
      shape = nn::make_layer(spec, shape)->output_shape();
    } catch (const ConfigError& error) {
      throw ConfigError(fields.place("type") + error.what());
    }
    return spec;
  }

  const TomlTable& file_;
  std::span<const nn::CustomLayerSpec> custom_;
};

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
  nn::Shape shape = model.input;
  model.layers = LayerReader(table, custom).read(table, "layer", "", shape);
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
    text += layer_text(layer, "layer");
  }
  return text;
}

}  // namespace hermes::runtime
