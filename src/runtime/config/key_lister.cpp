#include "runtime/config/key_lister.hpp"

#include <utility>

#include "runtime/config/toml_text.hpp"

namespace hermes::runtime {

void KeyLister::text(const Key& key, std::string& value) {
  list(key, std::string(kText), key.required ? "" : toml_text(std::string_view(value)));
}

void KeyLister::optional_text(const Key& key, std::optional<std::string>& value) {
  list(key, std::string(kText), value ? toml_text(std::string_view(*value)) : "");
}

void KeyLister::flag(const Key& key, bool& value) {
  list(key, std::string(kFlag), toml_text(value));
}

void KeyLister::integer(const Key& key, std::uint64_t& value, IntegerRange range) {
  list(key, describe(range), toml_text(value));
}

void KeyLister::optional_integer(const Key& key, std::optional<std::uint64_t>& value,
                                 IntegerRange range) {
  list(key, describe(range), value ? toml_text(*value) : "");
}

void KeyLister::integers(const Key& key, std::vector<std::uint64_t>& /*values*/,
                         IntegerRange range) {
  list(key, describe_integers(range), "");
}

void KeyLister::byte_size(const Key& key, std::optional<std::uint64_t>& /*value*/,
                          std::string_view otherwise) {
  list(key, describe_byte_size(otherwise), otherwise.empty() ? "" : toml_text(otherwise));
}

void KeyLister::real(const Key& key, double& value, RealRange range) {
  list(key, describe(range), toml_text(value));
}

void KeyLister::optional_real(const Key& key, std::optional<double>& value, RealRange range) {
  list(key, describe(range), value ? toml_text(*value) : "");
}

void KeyLister::word(const Key& key, std::size_t& index, std::span<const std::string_view> words) {
  list(key, describe(words), toml_text(words[index]));
}

void KeyLister::one_of(std::span<const Key> keys, std::size_t& index, std::uint64_t& value,
                       IntegerRange range) {
  for (const Key& key : keys) {
    list(key, describe(range), &key == &keys[index] ? toml_text(value) : "");
  }
}

/// One table shows the keys of all.
std::size_t KeyLister::table_count(std::string_view /*name*/, std::size_t /*count*/) {
  return 1;
}

void KeyLister::begin_table(std::string_view /*name*/, std::size_t /*index*/) {
  is_in_array_ = true;
}

void KeyLister::end_table() {
  is_in_array_ = false;
}

void KeyLister::list(const Key& key, std::string type, std::string default_value) {
  result_.push_back({.name = std::string(key.name),
                     .type = std::move(type),
                     .default_value = std::move(default_value),
                     .required = key.required,
                     .repeated = is_in_array_,
                     .help = std::string(key.help)});
}

}  // namespace hermes::runtime
