#include <algorithm>
#include <vector>

#include "hermes/runtime/known_key.hpp"
#include "hermes/runtime/run_config.hpp"
#include "runtime/config/check_run_config.hpp"
#include "runtime/config/key_lister.hpp"
#include "runtime/config/overrides.hpp"
#include "runtime/config/run_config_keys.hpp"
#include "runtime/config/toml_reader.hpp"
#include "runtime/config/toml_table.hpp"
#include "runtime/config/toml_writer.hpp"

namespace hermes::runtime {
namespace {

/// The names of the keys, and of the arrays of tables that some of them are in.
struct KnownNames {
  std::vector<std::string> keys;
  std::vector<std::string> settable;  ///< by --set
  std::vector<std::string> arrays;
};

KnownNames known_names() {
  KnownNames names;
  for (KnownKey& key : known_keys()) {
    if (key.repeated) {
      names.arrays.push_back(key.name.substr(0, key.name.find('.')));
    } else {
      names.settable.push_back(key.name);
    }
    names.keys.push_back(std::move(key.name));
  }
  return names;
}

std::filesystem::path resolve(const std::filesystem::path& path,
                              const std::filesystem::path& config_file) {
  const std::filesystem::path directory = std::filesystem::absolute(config_file).parent_path();
  // An absolute path replaces the directory before it, so all three are then the same.
  for (const auto& candidate : {path, directory / path, directory.parent_path() / path}) {
    std::error_code unreadable;
    if (std::filesystem::exists(candidate, unreadable)) {
      return std::filesystem::absolute(candidate).lexically_normal();
    }
  }
  return path;
}

}  // namespace

std::vector<KnownKey> known_keys() {
  RunConfig defaults;
  KeyLister lister;
  visit_keys(defaults, lister);
  return lister.result();
}

RunConfig load_run_config(const std::filesystem::path& file,
                          std::span<const std::string> overrides) {
  return parse_run_config(read_text_file(file), file, overrides);
}

RunConfig parse_run_config(std::string_view text, const std::filesystem::path& origin,
                           std::span<const std::string> overrides) {
  const KnownNames known = known_names();
  toml::table root = parse_toml(text, origin.string());
  const TomlTable table(root, origin.string());
  table.refuse_unknown(known.keys, known.arrays);
  for (const std::string& override_text : overrides) {
    apply_override(root, override_text, known.settable);
  }
  table.refuse_unknown(known.keys, known.arrays);  // again: an override may be a table

  RunConfig config;
  TomlReader reader(table);
  visit_keys(config, reader);
  check_run_config(config, table);
  config.model_file = resolve(config.model_file, origin);
  config.data.file = resolve(config.data.file, origin);
  if (config.initial_weights) {
    config.initial_weights = resolve(*config.initial_weights, origin).string();
  }
  return config;
}

std::string to_toml(const RunConfig& config) {
  RunConfig copy = config;  // visitors may change what they are shown; this one does not
  TomlWriter writer;
  visit_keys(copy, writer);
  return writer.result();
}

}  // namespace hermes::runtime
