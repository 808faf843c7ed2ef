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
  void flag(const Key& key, bool& value) override;
  void integer(const Key& key, std::uint64_t& value, IntegerRange range) override;
  void real(const Key& key, double& value, RealRange range) override;
  void optional_real(const Key& key, std::optional<double>& value, RealRange range) override;
  void word(const Key& key, std::size_t& index, std::span<const std::string_view> words) override;
  void one_of(std::span<const Key> keys, std::size_t& index, std::uint64_t& value,
              IntegerRange range) override;

 private:
  void list(const Key& key, std::string type, std::string default_value);

  std::vector<KnownKey> result_;
};

}  // namespace hermes::runtime
