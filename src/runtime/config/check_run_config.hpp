#pragma once

#include "hermes/runtime/run_config.hpp"
#include "runtime/config/toml_table.hpp"

namespace hermes::runtime {

/// Settings that are fine one by one but not together. Throws ConfigError.
void check_run_config(const RunConfig& config, const TomlTable& table);

}  // namespace hermes::runtime
