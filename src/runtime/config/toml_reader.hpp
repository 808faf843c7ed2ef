#pragma once

#include "runtime/config/key_visitor.hpp"
#include "runtime/config/toml_table.hpp"

namespace hermes::runtime {

/// Fills the variables behind the keys from a table; absent keys leave the default.
class TomlReader final : public KeyVisitor {
 public:
  explicit TomlReader(const TomlTable& root) : root_(root), table_(&root) {}

  void text(const Key& key, std::string& value) override;
  void optional_text(const Key& key, std::optional<std::string>& value) override;
  void flag(const Key& key, bool& value) override;
  void integer(const Key& key, std::uint64_t& value, IntegerRange range) override;
  void optional_integer(const Key& key, std::optional<std::uint64_t>& value,
                        IntegerRange range) override;
  void integers(const Key& key, std::vector<std::uint64_t>& values, IntegerRange range) override;
  void byte_size(const Key& key, std::optional<std::uint64_t>& value,
                 std::string_view otherwise) override;
  void real(const Key& key, double& value, RealRange range) override;
  void optional_real(const Key& key, std::optional<double>& value, RealRange range) override;
  void word(const Key& key, std::size_t& index, std::span<const std::string_view> words) override;
  void one_of(std::span<const Key> keys, std::size_t& index, std::uint64_t& value,
              IntegerRange range) override;

 private:
  std::size_t table_count(std::string_view name, std::size_t count) override;
  void begin_table(std::string_view name, std::size_t index) override;
  void end_table() override;
  /// The name of a key in the table at hand.
  std::string_view name_of(const Key& key) const { return key.name.substr(prefix_bytes_); }

  const TomlTable& root_;
  const TomlTable* table_;             // the root, or
  std::optional<TomlTable> in_array_;  // one of an array
  std::size_t prefix_bytes_ = 0;       // of a key's name, that are the name of the array
};

}  // namespace hermes::runtime
