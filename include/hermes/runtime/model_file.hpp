#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "hermes/nn/network_spec.hpp"

namespace hermes::runtime {

/// Reads a model file: an architecture, no training settings (DESIGN section 7). Checks names,
/// types and ranges, and that the shapes of the layers fit each other.
/// Throws ConfigError, one line with file, line and the number of the layer (from 1).
nn::NetworkSpec load_model_file(const std::filesystem::path& file);

/// The same from text; `origin` stands for the file in messages. `custom`: layers that it may name
/// beside those of Hermes; only their `type` and `make` are looked at.
nn::NetworkSpec parse_model(std::string_view text, const std::filesystem::path& origin,
                            std::span<const nn::CustomLayerSpec> custom = {});

/// The model as a file with every key; parsing it gives the same network.
std::string to_toml(const nn::NetworkSpec& model);

}  // namespace hermes::runtime
