#pragma once

#include "runtime/config/key_visitor.hpp"
#include "runtime/config/toml_table.hpp"

namespace hermes::runtime {

/// Fills the variables behind the keys from a table; absent keys leave the default.
class TomlReader final : public KeyVisitor {
 public:
  explicit TomlReader(const TomlTable& table) : table_(table) {}

  void text(const Key& key, std::string& value) override;
  void flag(const Key& key, bool& value) override;
  void integer(const Key& key, std::uint64_t& value, IntegerRange range) override;
  void real(const Key& key, double& value, RealRange range) override;
  void optional_real(const Key& key, std::optional<double>& value, RealRange range) override;
  void word(const Key& key, std::size_t& index, std::span<const std::string_view> words) override;
  void one_of(std::span<const Key> keys, std::size_t& index, std::uint64_t& value,
              IntegerRange range) override;

 private:
  const TomlTable& table_;
};

}  // namespace hermes::runtime
