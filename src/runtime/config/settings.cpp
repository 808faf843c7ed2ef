#include "hermes/runtime/settings.hpp"

#include <sstream>

#include "runtime/config/toml_table.hpp"

namespace hermes::runtime {
namespace {

using Settings = std::map<std::string, std::string>;

void collect(const toml::node& node, const std::string& name, Settings& settings) {
  const toml::array* array = node.as_array();
  if (const toml::table* table = node.as_table()) {
    for (const auto& [key, value] : *table) {
      collect(value, (name.empty() ? "" : name + ".") + std::string(key.str()), settings);
    }
  } else if (array != nullptr && array->is_array_of_tables()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      collect((*array)[i], name + "[" + std::to_string(i) + "]", settings);
    }
  } else {
    std::ostringstream text;
    node.visit([&text](const auto& value) { text << value; });
    settings[name] = text.str();
  }
}

}  // namespace

Settings read_settings(const std::filesystem::path& file) {
  const toml::table root = parse_toml(read_text_file(file), file.string());
  Settings settings;
  collect(root, "", settings);
  return settings;
}

}  // namespace hermes::runtime
