#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

/// The conversions of half.hpp for one number: what they say is right, and faster paths must give
/// the same bits. Nothing here is rounded by the FPU, whose mode somebody may have changed.
/// Functions of this header are inlined into code for several instruction sets, so their files are
/// compiled with target attributes, never with flags: a copy of a function here that holds AVX
/// instructions must not end up in the portable path.
namespace hermes {

inline constexpr std::uint32_t kFloatSign = 0x80000000U;
inline constexpr std::uint32_t kFloatInfinity = 0x7F800000U;

constexpr std::uint16_t fp16_of(float value) {
  constexpr std::uint32_t kOverflow = 0x477FF000U;   // 65520: a tie between 65504 and "65536"
  constexpr std::uint32_t kNormalMin = 0x38800000U;  // 2^-14
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & ~kFloatSign;
  const std::uint32_t sign = (bits & kFloatSign) >> 16U;
  std::uint32_t half = 0x7C00U;
  if (magnitude > kFloatInfinity) {
    half = 0x7E00U | (magnitude >> 13U & 0x3FFU);
  } else if (magnitude < kNormalMin) {
    // The fraction with its leading one, in units of 2^-24; 25 places already leave nothing of it.
    const std::uint32_t fraction = (magnitude & 0x7FFFFFU) | 0x800000U;
    const std::uint32_t places = std::min(126U - (magnitude >> 23U), 25U);
    const std::uint32_t is_odd = fraction >> places & 1U;
    half = (fraction + (1U << (places - 1U)) - 1U + is_odd) >> places;
  } else if (magnitude < kOverflow) {
    // Exponents differ by 112; a carry out of the fraction goes into the exponent, as it should.
    half = (magnitude - (112U << 23U) + 0xFFFU + (magnitude >> 13U & 1U)) >> 13U;
  }
  return static_cast<std::uint16_t>(sign | half);
}

constexpr float float_of_fp16(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  const std::uint32_t magnitude = half & 0x7FFFU;
  std::uint32_t bits = (magnitude << 13U) + (112U << 23U);
  if (magnitude > 0x7C00U) {
    bits = kFloatInfinity | 0x400000U | magnitude << 13U;
  } else if (magnitude == 0x7C00U) {
    bits = kFloatInfinity;
  } else if (magnitude < 0x400U) {
    // Subnormal: so many units of 2^-24. The product is exact and a normal float, or zero.
    bits = std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(magnitude)) *
                                        0x1p-24F);
  }
  return std::bit_cast<float>(sign | bits);
}

// Without branches: compilers turn loops over these two into vector code.

constexpr std::uint16_t bf16_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7FFFU + (bits >> 16U & 1U)) >> 16U;
  const std::uint32_t quiet = bits >> 16U | 0x40U;
  return static_cast<std::uint16_t>((bits & ~kFloatSign) > kFloatInfinity ? quiet : rounded);
}

constexpr float float_of_bf16(std::uint16_t half) {
  const std::uint32_t bits = std::uint32_t{half} << 16U;
  const std::uint32_t quiet = bits | 0x400000U;
  return std::bit_cast<float>((bits & ~kFloatSign) > kFloatInfinity ? quiet : bits);
}

}  // namespace hermes
