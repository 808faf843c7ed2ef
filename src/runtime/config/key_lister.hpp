#pragma once

#include <vector>

#include "hermes/runtime/known_key.hpp"
#include "runtime/config/key_visitor.hpp"

namespace hermes::runtime {

/// Lists the keys with what they take; the variables hold the defaults.
class KeyLister final : public KeyVisitor {
 public:
  const std::vector<KnownKey>& result() const { return result_; }

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
  void list(const Key& key, std::string type, std::string default_value);

  std::vector<KnownKey> result_;
  bool is_in_array_ = false;
};

}  // namespace hermes::runtime
