#pragma once

#include "runtime/config/key_visitor.hpp"

namespace hermes::runtime {

/// Writes every key with its value, one table after the other.
class TomlWriter final : public KeyVisitor {
 public:
  const std::string& result() const { return result_; }

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
  void end_table() override {}
  void line(std::string_view key, const std::string& value);

  std::string result_;
  std::string table_;
};

}  // namespace hermes::runtime
