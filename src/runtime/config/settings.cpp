#include "hermes/runtime/settings.hpp"

#include <cmath>
#include <sstream>

#include "runtime/config/toml_table.hpp"
#include "runtime/config/toml_text.hpp"

namespace hermes::runtime {
namespace {

using Settings = std::map<std::string, std::string>;

std::string text_of(const toml::node& node) {
  const auto* number = node.as_floating_point();
  if (number != nullptr && std::isfinite(number->get())) {
    return toml_text(number->get());  // toml++ writes 0.1 as 0.10000000000000001
  }
  if (const auto* text = node.as_string()) {
    return toml_text(std::string_view(text->get()));
  }
  std::ostringstream text;
  node.visit([&text](const auto& value) { text << value; });
  return text.str();
}

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
    settings[name] = text_of(node);
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
