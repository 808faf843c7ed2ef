#pragma once

#include <cstdint>
#include <span>

/// Numbers of 16 bits: fp16 (IEEE 754 binary16: 5 bits of exponent, 10 of fraction)
/// and bf16 (the upper half of a float: 8 and 7).
///
/// To 16 bits: rounded to nearest, ties to even; subnormals are kept, what is too large becomes
/// infinite. Back: exact. A NaN stays one, with its sign and what fits of its fraction, and comes
/// out quiet. Every machine of a run gets the same bits, whichever instructions its CPU has and
/// whatever the floating-point environment says.
///
/// Both spans of a call have the same size and do not overlap. Any thread.
namespace hermes {

void to_fp16(std::span<const float> values, std::span<std::uint16_t> halves);
void to_bf16(std::span<const float> values, std::span<std::uint16_t> halves);
void from_fp16(std::span<const std::uint16_t> halves, std::span<float> values);
void from_bf16(std::span<const std::uint16_t> halves, std::span<float> values);

}  // namespace hermes
