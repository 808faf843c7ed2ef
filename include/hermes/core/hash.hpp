#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hermes {

/// FNV-1a, 64 bits (Fowler, Noll, Vo): a small stable hash for fingerprints. Not for security.
class Fnv1a {
 public:
  constexpr Fnv1a& add(std::string_view text) {
    for (const char c : text) {
      add_byte(static_cast<unsigned char>(c));
    }
    return *this;
  }
  constexpr Fnv1a& add(std::span<const std::byte> bytes) {
    for (const std::byte b : bytes) {
      add_byte(std::to_integer<std::uint8_t>(b));
    }
    return *this;
  }
  /// Little-endian, eight bytes.
  constexpr Fnv1a& add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      add_byte(static_cast<std::uint8_t>(number >> shift));
    }
    return *this;
  }
  constexpr std::uint64_t value() const { return value_; }

 private:
  constexpr void add_byte(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x00000100000001B3ULL; }
  std::uint64_t value_ = 0xCBF29CE484222325ULL;
};

}  // namespace hermes
