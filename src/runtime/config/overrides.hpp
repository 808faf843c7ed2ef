#pragma once

#include <toml++/toml.h>

#include <span>
#include <string>

namespace hermes::runtime {

/// Puts the value of `key=value` into `root`, marked with the source "--set key" for messages.
/// Tables on the way are made where they are missing. The key must be one of `known` or a table of
/// them. Throws ConfigError: `--set key: expected X, found Y`.
/// Requires: what stands on the way in `root` are tables (see TomlTable::refuse_unknown).
void apply_override(toml::table& root, const std::string& override_text,
                    std::span<const std::string> known);

}  // namespace hermes::runtime
