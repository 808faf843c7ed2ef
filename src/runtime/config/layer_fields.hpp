#pragma once

#include <span>
#include <string>
#include <string_view>

#include "hermes/nn/layer_spec.hpp"
#include "runtime/config/toml_table.hpp"

namespace hermes::runtime {

/// The layer that the key `type` names, one of Hermes or of `custom`, with the default of every
/// field.
/// Throws ConfigError where it names none.
nn::LayerSpec read_layer_type(const TomlTable& table, std::span<const nn::CustomLayerSpec> custom);

/// Fills the fields of a layer but for layers inside. Throws ConfigError for a key that the layer
/// does not have, a missing one and a wrong type; ranges beyond that are the layer's own business.
void read_layer_fields(const TomlTable& table, nn::LayerSpec& layer);

/// The lines of a layer's table, [[path]], and of those inside.
std::string layer_text(const nn::LayerSpec& layer, std::string_view path);

}  // namespace hermes::runtime
