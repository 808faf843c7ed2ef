#include "runtime/config/toml_table.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <utility>
#include <vector>

#include "hermes/core/byte_size.hpp"
#include "hermes/core/error.hpp"
#include "runtime/config/key_depth.hpp"
#include "runtime/config/nearest.hpp"
#include "runtime/config/toml_text.hpp"

namespace hermes::runtime {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;
constexpr std::size_t kChunkBytes = std::size_t{1} << 14U;
constexpr std::size_t kShownTextMax = 60;

}  // namespace

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  if (line.size() > kShownTextMax) {
    line = line.substr(0, kShownTextMax) + "...";
  }
  return line;
}

bool is_inside(std::string_view key, std::string_view table) {
  return key.size() > table.size() && key.substr(0, table.size()) == table &&
         key[table.size()] == '.';
}

std::string read_text_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file)) {
    throw ConfigError(file.string() + ": expected a readable file, found none");
  }
  std::string text;
  while (stream && text.size() <= kFileBytesMax) {
    const std::size_t before = text.size();
    text.resize(before + kChunkBytes);
    stream.read(text.data() + before, kChunkBytes);
    text.resize(before + static_cast<std::size_t>(stream.gcount()));
  }
  if (text.size() > kFileBytesMax) {
    throw ConfigError(file.string() +
                      ": expected a TOML file of at most 1 MiB, found a larger one");
  }
  return text;
}

toml::table parse_toml(std::string_view text, const std::string& origin) {
  if (const std::size_t line = too_deep_line(text); line > 0) {
    throw ConfigError(origin + ":" + std::to_string(line) + ": expected keys of at most " +
                      std::to_string(kKeyPartsMax) + " parts, found more");
  }
  try {
    return toml::parse(text, origin);
  } catch (const toml::parse_error& error) {
    throw ConfigError(origin + ":" + std::to_string(error.source().begin.line) +
                      ": expected valid TOML, found: " + std::string(error.description()));
  }
}

TomlTable::TomlTable(const toml::table& table, std::string origin, std::string context)
    : table_(table), origin_(std::move(origin)), context_(std::move(context)) {}

const toml::node* TomlTable::find(std::string_view key) const {
  const toml::table* table = &table_;
  for (std::size_t dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.')) {
    const toml::node* inner = table->get(key.substr(0, dot));
    if (inner == nullptr || !inner->is_table()) {
      return nullptr;
    }
    table = inner->as_table();
    key.remove_prefix(dot + 1);
  }
  return table->get(key);
}

bool TomlTable::is_override(std::string_view key) const {
  const toml::node* node = find(key);
  return node != nullptr && node->source().path &&
         node->source().path->substr(0, kOverrideSource.size()) == kOverrideSource;
}

std::optional<std::string> TomlTable::text(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_string() || node->as_string()->get().empty()) {
    fail(key, kText);
  }
  return node->as_string()->get();
}

std::optional<bool> TomlTable::flag(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  if (!node->is_boolean()) {
    fail(key, kFlag);
  }
  return node->as_boolean()->get();
}

std::optional<std::uint64_t> TomlTable::integer(std::string_view key, IntegerRange range) const {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* number = node->as_integer();
  if (number == nullptr || number->get() < 0 ||
      !range.contains(static_cast<std::uint64_t>(number->get()))) {
    fail(key, describe(range));
  }
  return static_cast<std::uint64_t>(number->get());
}

std::optional<std::vector<std::uint64_t>> TomlTable::integers(std::string_view key,
                                                              IntegerRange range) const {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const toml::array* array = node->as_array();
  if (array == nullptr || array->empty()) {
    fail(key, describe_integers(range));
  }
  std::vector<std::uint64_t> values;
  std::set<std::uint64_t> seen;
  for (const toml::node& element : *array) {
    const auto* number = element.as_integer();
    const auto value = number == nullptr || number->get() < 0
                           ? std::optional<std::uint64_t>()
                           : static_cast<std::uint64_t>(number->get());
    if (!value || !range.contains(*value) || !seen.insert(*value).second) {
      fail(key, describe_integers(range), describe_value(element) + " in it");
    }
    values.push_back(*value);
  }
  return values;
}

std::optional<std::uint64_t> TomlTable::byte_size(std::string_view key,
                                                  std::string_view otherwise) const {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto* text = node->as_string();
  if (text != nullptr && !otherwise.empty() && text->get() == otherwise) {
    return std::nullopt;
  }
  const auto bytes = text == nullptr ? std::nullopt : parse_byte_size(text->get());
  if (!bytes || *bytes == 0) {
    fail(key, describe_byte_size(otherwise));
  }
  return bytes;
}

std::vector<const toml::table*> TomlTable::tables(std::string_view key) const {
  std::vector<const toml::table*> tables;
  const toml::node* node = find(key);
  if (node == nullptr) {
    return tables;
  }
  constexpr std::size_t kTablesMax = 4096;
  const std::string expected = "[[" + std::string(key) + "]] tables";
  if (!node->is_array()) {
    fail(key, expected);
  }
  if (const std::size_t count = node->as_array()->size(); count > kTablesMax) {
    fail(key, "at most " + std::to_string(kTablesMax) + " " + expected, std::to_string(count));
  }
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_table()) {
      fail(key, expected, describe_value(element) + " in an array");
    }
    tables.push_back(element.as_table());
  }
  return tables;
}

std::optional<double> TomlTable::real(std::string_view key, RealRange range) const {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  // Whole numbers need no point; toml++ converts them only when no bit is lost.
  const std::optional<double> number =
      node->is_number() ? node->value<double>() : std::optional<double>();
  if (!number || !range.contains(*number)) {
    fail(key, describe(range));
  }
  return number;
}

std::optional<std::size_t> TomlTable::word(std::string_view key,
                                           std::span<const std::string_view> words) const {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  const auto found = node->is_string()
                         ? std::find(words.begin(), words.end(), node->as_string()->get())
                         : words.end();
  if (found == words.end()) {
    fail(key, describe(words));
  }
  return static_cast<std::size_t>(found - words.begin());
}

void TomlTable::refuse_unknown(std::span<const std::string> known,
                               std::span<const std::string> arrays) const {
  refuse_unknown_in(table_, "", known, arrays);
}

void TomlTable::refuse_unknown_in(const toml::table& table, const std::string& prefix,
                                  std::span<const std::string> known,
                                  std::span<const std::string> arrays) const {
  for (const auto& [word, node] : table) {
    const std::string key = prefix + std::string(word.str());
    if (std::find(known.begin(), known.end(), key) != known.end()) {
      continue;
    }
    const bool holds_known = std::any_of(
        known.begin(), known.end(), [&](const std::string& name) { return is_inside(name, key); });
    if (!holds_known) {
      throw ConfigError(place_of(node) + "key '" + one_line(key) + "': unknown, did you mean '" +
                        nearest_key(key, known) + "'?");
    }
    if (std::find(arrays.begin(), arrays.end(), key) != arrays.end()) {
      for (const toml::table* element : tables(key)) {
        refuse_unknown_in(*element, key + ".", known, arrays);
      }
      continue;
    }
    if (!node.is_table()) {
      fail(key, "a table");
    }
    refuse_unknown_in(*node.as_table(), key + ".", known, arrays);
  }
}

void TomlTable::fail(std::string_view key, std::string_view expected,
                     std::string_view found) const {
  const std::string where = place(key);
  const bool is_named = where == std::string(kOverrideSource) + std::string(key) + ": ";
  throw ConfigError(where + (is_named ? "" : "key '" + std::string(key) + "': ") + "expected " +
                    std::string(expected) + ", found " + std::string(found));
}

void TomlTable::fail(std::string_view key, std::string_view expected) const {
  const toml::node* node = find(key);
  fail(key, expected, node == nullptr ? "nothing" : describe_value(*node));
}

std::string TomlTable::place(std::string_view key) const {
  while (true) {
    const toml::node* node = find(key);
    if (node != nullptr && node->source().begin.line > 0) {
      return place_of(*node);
    }
    const std::size_t dot = key.rfind('.');
    if (dot == std::string_view::npos) {
      return place_of(table_);
    }
    key = key.substr(0, dot);
  }
}

std::string TomlTable::place_of(const toml::node& node) const {
  const toml::source_region& source = node.source();
  if (source.path && source.path->substr(0, kOverrideSource.size()) == kOverrideSource) {
    return *source.path + ": " + context_;
  }
  const auto line = std::max<toml::source_index>(source.begin.line, 1);
  return origin_ + ":" + std::to_string(line) + ": " + context_;
}

std::string describe_value(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "string '" + one_line(node.as_string()->get()) + "'";
    case toml::node_type::integer:
      return "integer " + std::to_string(node.as_integer()->get());
    case toml::node_type::floating_point:
      return "number " + short_text(node.as_floating_point()->get());
    case toml::node_type::boolean:
      return "boolean " + toml_text(node.as_boolean()->get());
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array of " + std::to_string(node.as_array()->size());
    default:
      return "a date or time";
  }
}

}  // namespace hermes::runtime
