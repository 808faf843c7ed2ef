#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

/// The conversions of int8_blocks.hpp for one block and one number: what they say is right, and
/// faster paths must give the same bits. Inlined into code for several instruction sets, as
/// half_bits.hpp.
namespace hermes {

inline constexpr std::uint32_t kMagnitudeBits = 0x7FFFFFFFU;

/// The magnitude of a float without sign, as integers compare: a NaN is above everything.
inline std::uint32_t magnitude_of(float value) {
  return std::bit_cast<std::uint32_t>(value) & kMagnitudeBits;
}

/// Of a block whose largest magnitude is this one. With 17 significant bits its products with
/// integers of 7 bits are exact.
inline float int8_scale_of(std::uint32_t magnitude) {
  constexpr std::uint32_t kTooLarge = 0x7F000000U;  // 2^127
  constexpr std::uint32_t kTooSmall = 0x0D800000U;  // 2^-100
  constexpr std::uint32_t kDropped = 0x7FU;         // seven of the 24 bits
  if (magnitude >= kTooLarge) {
    return std::numeric_limits<float>::quiet_NaN();
  }
  if (magnitude < kTooSmall) {
    return 0.0F;
  }
  const float quotient = std::bit_cast<float>(magnitude) / 127.0F;
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(quotient) + kDropped) & ~kDropped);
}

/// Requires: a scale above zero, and its reciprocal.
inline std::int8_t int8_of(float value, float reciprocal) {
  return static_cast<std::int8_t>(std::nearbyint(value * reciprocal));
}

inline float float_of_int8(std::int8_t number, float scale) {
  return static_cast<float>(number) * scale;
}

}  // namespace hermes
