#include "runtime/config/layer_fields.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/config/toml_text.hpp"

namespace hermes::runtime {
namespace {

constexpr IntegerRange kSize{.max = 1'000'000'000};
constexpr std::string_view kPaddingText = "'valid', 'same' or a number of pixels";

template <std::size_t... I>
std::vector<nn::LayerSpec> default_layers(std::index_sequence<I...> /*alternatives*/) {
  return {nn::LayerSpec(std::in_place_index<I>)...};
}

/// One of each kind.
std::vector<nn::LayerSpec> default_layers() {
  return default_layers(std::make_index_sequence<std::variant_size_v<nn::AnyLayerSpec>>());
}

/// Reads the value of a key that is there, by the type of the field.
struct FieldReader {
  const TomlTable& table;

  void operator()(std::string_view key, std::size_t& field) const {
    field = *table.integer(key, kSize);
  }
  void operator()(std::string_view key, std::optional<std::size_t>& field) const {
    field = table.integer(key, kSize);
  }
  void operator()(std::string_view key, std::string& field) const { field = *table.text(key); }
  void operator()(std::string_view key, double& field) const {
    field = *table.real(key, RealRange::any());
  }
  /// Layers inside are read by whoever knows their shapes.
  void operator()(std::string_view /*key*/, std::vector<nn::LayerSpec>& /*field*/) const {}
  void operator()(std::string_view key, nn::Conv2dPadding& field) const {
    const toml::node& node = *table.find(key);
    if (node.is_integer()) {
      field = nn::Conv2dPadding::number(*table.integer(key, kSize));
    } else if (node.value<std::string_view>() == "same") {
      field = nn::Conv2dPadding::same();
    } else if (node.value<std::string_view>() == "valid") {
      field = nn::Conv2dPadding::valid();
    } else {
      table.fail(key, kPaddingText);
    }
  }
};

std::string field_text(std::size_t field) {
  return toml_text(std::uint64_t{field});
}
std::string field_text(const std::string& field) {
  return field.empty() ? std::string() : toml_text(std::string_view(field));
}
std::string field_text(double field) {
  return toml_text(field);
}
std::string field_text(const std::optional<std::size_t>& field) {
  return field ? field_text(*field) : std::string();
}
std::string field_text(const nn::Conv2dPadding& field) {
  if (field.kind == nn::Conv2dPadding::Kind::Number) {
    return field_text(field.amount);
  }
  return field.kind == nn::Conv2dPadding::Kind::Same ? "\"same\"" : "\"valid\"";
}

/// The line of a field, or the tables of layers inside.
template <class Field>
std::string field_lines(std::string_view /*path*/, std::string_view key, const Field& field) {
  const std::string value = field_text(field);
  return value.empty() ? value : std::string(key) + " = " + value + "\n";
}
std::string field_lines(std::string_view path, std::string_view key,
                        const std::vector<nn::LayerSpec>& layers) {
  std::string inner(path);
  inner += '.';
  inner += key;
  std::string text;
  for (const nn::LayerSpec& layer : layers) {
    text += layer_text(layer, inner);
  }
  return text;
}

/// What a required field takes, for the message that it is missing.
std::string_view expected(const double& /*field*/) {
  return "a finite number";
}
std::string_view expected(const std::vector<nn::LayerSpec>& /*field*/) {
  return "one [[layer.body]] table or more";
}
template <class Field>
std::string_view expected(const Field& /*field*/) {
  return "an integer";
}

}  // namespace

nn::LayerSpec read_layer_type(const TomlTable& table, std::span<const nn::CustomLayerSpec> custom) {
  std::vector<nn::LayerSpec> layers = default_layers();
  std::erase_if(layers, [](const nn::LayerSpec& layer) {  // has no name of its own
    return std::holds_alternative<nn::CustomLayerSpec>(layer);
  });
  for (const nn::CustomLayerSpec& layer : custom) {
    layers.push_back(nn::CustomLayerSpec{layer.type, {}, layer.make});
  }
  std::vector<std::string_view> names;
  names.reserve(layers.size());
  for (const nn::LayerSpec& layer : layers) {
    names.push_back(nn::type_name(layer));
  }
  const auto index = table.word("type", names);
  if (!index) {
    table.fail("type", describe(names));
  }
  return layers[*index];
}

void read_layer_fields(const TomlTable& table, nn::LayerSpec& layer) {
  const auto read = [&table](auto& spec) {
    std::vector<std::string> known{"type"};
    spec.visit_fields(spec, [&known](std::string_view key, const auto&, nn::Presence) {
      known.emplace_back(key);
    });
    table.refuse_unknown(known);
    spec.visit_fields(spec, [&table](std::string_view key, auto& field, nn::Presence presence) {
      if (table.find(key) != nullptr) {
        FieldReader{table}(key, field);
      } else if (presence == nn::Presence::Required) {
        table.fail(key, expected(field));
      }
    });
  };
  std::visit(read, layer);
}

std::string layer_text(const nn::LayerSpec& layer, std::string_view path) {
  std::string text = "\n[[" + std::string(path) + "]]\ntype = " + toml_text(nn::type_name(layer));
  text += "\n";
  const auto write = [&](const auto& spec) {
    spec.visit_fields(spec, [&](std::string_view key, const auto& field, nn::Presence) {
      text += field_lines(path, key, field);
    });
  };
  std::visit(write, layer);
  return text;
}

}  // namespace hermes::runtime
