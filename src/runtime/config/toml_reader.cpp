#include "runtime/config/toml_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace hermes::runtime {

void TomlReader::text(const Key& key, std::string& value) {
  if (auto found = table_->text(name_of(key))) {
    value = std::move(*found);
  } else if (key.required) {
    table_->fail(name_of(key), kText);
  }
}

void TomlReader::optional_text(const Key& key, std::optional<std::string>& value) {
  if (auto found = table_->text(name_of(key))) {
    value = std::move(found);
  }
}

void TomlReader::flag(const Key& key, bool& value) {
  value = table_->flag(name_of(key)).value_or(value);
}

void TomlReader::integer(const Key& key, std::uint64_t& value, IntegerRange range) {
  value = table_->integer(name_of(key), range).value_or(value);
}

void TomlReader::optional_integer(const Key& key, std::optional<std::uint64_t>& value,
                                  IntegerRange range) {
  if (const auto found = table_->integer(name_of(key), range)) {
    value = found;
  }
}

void TomlReader::integers(const Key& key, std::vector<std::uint64_t>& values, IntegerRange range) {
  if (auto found = table_->integers(name_of(key), range)) {
    values = std::move(*found);
  }
}

void TomlReader::byte_size(const Key& key, std::optional<std::uint64_t>& value,
                           std::string_view otherwise) {
  value = table_->byte_size(name_of(key), otherwise);
}

void TomlReader::real(const Key& key, double& value, RealRange range) {
  value = table_->real(name_of(key), range).value_or(value);
}

void TomlReader::optional_real(const Key& key, std::optional<double>& value, RealRange range) {
  if (const auto found = table_->real(name_of(key), range)) {
    value = found;
  }
}

void TomlReader::word(const Key& key, std::size_t& index, std::span<const std::string_view> words) {
  index = table_->word(name_of(key), words).value_or(index);
}

void TomlReader::one_of(std::span<const Key> keys, std::size_t& index, std::uint64_t& value,
                        IntegerRange range) {
  // What was set on the command line replaces the other key of the file.
  const bool overridden = std::any_of(
      keys.begin(), keys.end(), [this](const Key& key) { return table_->is_override(key.name); });
  const Key* chosen = nullptr;
  for (const Key& key : keys) {
    if (!table_->integer(name_of(key), range) || (overridden && !table_->is_override(key.name))) {
      continue;
    }
    if (chosen != nullptr) {
      table_->fail(key.name, "no '" + std::string(chosen->name) + "' beside it", "both");
    }
    chosen = &key;
  }
  if (chosen != nullptr) {
    index = static_cast<std::size_t>(chosen - keys.data());
    value = *table_->integer(chosen->name, range);
  }
}

std::size_t TomlReader::table_count(std::string_view name, std::size_t /*count*/) {
  return root_.tables(name).size();
}

void TomlReader::begin_table(std::string_view name, std::size_t index) {
  const std::string which = "[[" + std::string(name) + "]] " + std::to_string(index + 1) + ": ";
  in_array_.emplace(*root_.tables(name)[index], root_.origin(), which);
  table_ = &*in_array_;
  prefix_bytes_ = name.size() + 1;
}

void TomlReader::end_table() {
  table_ = &root_;
  prefix_bytes_ = 0;
}

}  // namespace hermes::runtime
