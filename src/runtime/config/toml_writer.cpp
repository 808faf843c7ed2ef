#include "runtime/config/toml_writer.hpp"

#include "hermes/core/byte_size.hpp"
#include "runtime/config/toml_text.hpp"

namespace hermes::runtime {

void TomlWriter::text(const Key& key, std::string& value) {
  line(key.name, toml_text(std::string_view(value)));
}

void TomlWriter::optional_text(const Key& key, std::optional<std::string>& value) {
  if (value) {
    text(key, *value);
  }
}

void TomlWriter::flag(const Key& key, bool& value) {
  line(key.name, toml_text(value));
}

void TomlWriter::integer(const Key& key, std::uint64_t& value, IntegerRange /*range*/) {
  line(key.name, toml_text(value));
}

void TomlWriter::optional_integer(const Key& key, std::optional<std::uint64_t>& value,
                                  IntegerRange range) {
  if (value) {
    integer(key, *value, range);
  }
}

void TomlWriter::integers(const Key& key, std::vector<std::uint64_t>& values,
                          IntegerRange /*range*/) {
  if (values.empty()) {
    return;
  }
  std::string list;
  for (const std::uint64_t value : values) {
    list.append(list.empty() ? "[" : ", ").append(toml_text(value));
  }
  line(key.name, list + "]");
}

void TomlWriter::byte_size(const Key& key, std::optional<std::uint64_t>& value,
                           std::string_view otherwise) {
  if (value || !otherwise.empty()) {
    line(key.name, toml_text(value ? std::string_view(byte_size_text(*value)) : otherwise));
  }
}

void TomlWriter::real(const Key& key, double& value, RealRange /*range*/) {
  line(key.name, toml_text(value));
}

void TomlWriter::optional_real(const Key& key, std::optional<double>& value, RealRange /*range*/) {
  if (value) {
    line(key.name, toml_text(*value));
  }
}

void TomlWriter::word(const Key& key, std::size_t& index, std::span<const std::string_view> words) {
  line(key.name, toml_text(words[index]));
}

void TomlWriter::one_of(std::span<const Key> keys, std::size_t& index, std::uint64_t& value,
                        IntegerRange /*range*/) {
  line(keys[index].name, toml_text(value));
}

std::size_t TomlWriter::table_count(std::string_view /*name*/, std::size_t count) {
  return count;
}

void TomlWriter::begin_table(std::string_view name, std::size_t /*index*/) {
  table_ = name;
  result_ += "\n[[" + table_ + "]]\n";
}

void TomlWriter::line(std::string_view key, const std::string& value) {
  const std::size_t dot = key.rfind('.');
  const std::string_view table = dot == std::string_view::npos ? "" : key.substr(0, dot);
  if (table != table_) {
    table_ = table;
    result_ += "\n[" + table_ + "]\n";
  }
  result_ += std::string(key.substr(dot + 1)) + " = " + value + "\n";  // npos + 1 is 0
}

}  // namespace hermes::runtime
