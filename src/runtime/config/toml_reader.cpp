#include "runtime/config/toml_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace hermes::runtime {

void TomlReader::text(const Key& key, std::string& value) {
  if (auto found = table_.text(key.name)) {
    value = std::move(*found);
  } else if (key.required) {
    table_.fail(key.name, kText);
  }
}

void TomlReader::flag(const Key& key, bool& value) {
  value = table_.flag(key.name).value_or(value);
}

void TomlReader::integer(const Key& key, std::uint64_t& value, IntegerRange range) {
  value = table_.integer(key.name, range).value_or(value);
}

void TomlReader::real(const Key& key, double& value, RealRange range) {
  value = table_.real(key.name, range).value_or(value);
}

void TomlReader::optional_real(const Key& key, std::optional<double>& value, RealRange range) {
  if (const auto found = table_.real(key.name, range)) {
    value = found;
  }
}

void TomlReader::word(const Key& key, std::size_t& index, std::span<const std::string_view> words) {
  index = table_.word(key.name, words).value_or(index);
}

void TomlReader::one_of(std::span<const Key> keys, std::size_t& index, std::uint64_t& value,
                        IntegerRange range) {
  // What was set on the command line replaces the other key of the file.
  const bool overridden = std::any_of(
      keys.begin(), keys.end(), [this](const Key& key) { return table_.is_override(key.name); });
  const Key* chosen = nullptr;
  for (const Key& key : keys) {
    if (!table_.integer(key.name, range) || (overridden && !table_.is_override(key.name))) {
      continue;
    }
    if (chosen != nullptr) {
      table_.fail(key.name, "no '" + std::string(chosen->name) + "' beside it", "both");
    }
    chosen = &key;
  }
  if (chosen != nullptr) {
    index = static_cast<std::size_t>(chosen - keys.data());
    value = *table_.integer(chosen->name, range);
  }
}

}  // namespace hermes::runtime
