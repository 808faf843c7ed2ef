#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "hermes/nn/network_spec.hpp"

namespace hermes::runtime {

/// Reads a model file: an architecture, no training settings (DESIGN section 7). Checks names,
/// types and ranges, and that the shapes of the layers fit each other.
/// Throws ConfigError, one line with file, line and the number of the layer (from 1).
nn::NetworkSpec load_model_file(const std::filesystem::path& file);

/// The same from text; `origin` stands for the file in messages.
nn::NetworkSpec parse_model(std::string_view text, const std::filesystem::path& origin);

/// The model as a file with every key; parsing it gives the same network.
std::string to_toml(const nn::NetworkSpec& model);

}  // namespace hermes::runtime
