#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace hermes::runtime {

/// The keys of a TOML file by their dotted names (in an array of tables: `fault[0].rank`) and their
/// values as TOML text, whether or not they are keys of a run configuration: for comparing the
/// config.toml of runs, also of other versions. Throws ConfigError where the file is no TOML.
std::map<std::string, std::string> read_settings(const std::filesystem::path& file);

}  // namespace hermes::runtime
