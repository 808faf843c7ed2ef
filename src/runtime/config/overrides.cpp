#include "runtime/config/overrides.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "hermes/core/error.hpp"
#include "runtime/config/key_depth.hpp"
#include "runtime/config/nearest.hpp"
#include "runtime/config/toml_table.hpp"
#include "runtime/config/toml_text.hpp"

namespace hermes::runtime {
namespace {

constexpr std::string_view kValue = "value";  // the name of the value while it is parsed

/// Text that is no TOML value but can only be meant as a string: a path, a name.
bool is_bare_word(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  return !text.empty() && std::string_view("\"'[{").find(text.front()) == std::string_view::npos &&
         std::none_of(text.begin(), text.end(), is_control);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// A table with the one key `kValue`. All its nodes come from a parser, so they know `origin`.
toml::table parse_value(std::string_view text, const std::string& origin) {
  const std::string assign = std::string(kValue) + " = ";
  bool is_toml = true;
  try {
    if (too_deep_line(text) > 0) {
      throw ConfigError(origin + ": expected keys of at most " + std::to_string(kKeyPartsMax) +
                        " parts, found more");
    }
    toml::table parsed = toml::parse(assign + std::string(text), origin);
    if (parsed.size() == 1) {
      return parsed;
    }
  } catch (const toml::parse_error&) {
    is_toml = false;
  }
  if (!is_toml && is_bare_word(text)) {
    return parse_toml(assign + toml_text(text), origin);
  }
  throw ConfigError(origin + ": expected a TOML value or a bare word, found '" + one_line(text) +
                    "'");
}

void check_key(const std::string& key, const std::string& origin,
               std::span<const std::string> known) {
  const bool is_known = std::any_of(known.begin(), known.end(), [&key](const std::string& name) {
    return name == key || is_inside(name, key);
  });
  if (!is_known) {
    throw ConfigError(origin + ": unknown key, did you mean '" + nearest_key(key, known) + "'?");
  }
}

}  // namespace

void apply_override(toml::table& root, const std::string& override_text,
                    std::span<const std::string> known) {
  const std::size_t equals = override_text.find('=');
  const std::string_view both = override_text;
  const std::string key(trimmed(both.substr(0, equals)));
  if (equals == std::string::npos || key.empty()) {
    throw ConfigError("--set: expected key=value, found '" + one_line(override_text) + "'");
  }
  const std::string origin = std::string(kOverrideSource) + one_line(key);
  check_key(key, origin, known);
  toml::table parsed = parse_value(trimmed(both.substr(equals + 1)), origin);

  toml::table* table = &root;
  std::string_view rest = key;
  for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
    toml::node& inner = table->insert(rest.substr(0, dot), toml::table{}).first->second;
    rest.remove_prefix(dot + 1);
    table = inner.as_table();
    if (table == nullptr) {
      throw ConfigError(origin + ": expected '" + key.substr(0, key.size() - rest.size() - 1) +
                        "' to be a table, found " + describe_value(inner));
    }
  }
  // Moved, not copied: only then does the value keep its source.
  parsed.get(kValue)->visit([&](auto& value) { table->insert_or_assign(rest, std::move(value)); });
}

}  // namespace hermes::runtime
