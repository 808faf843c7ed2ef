#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// Numbers of 8 bits in blocks that share a scale: a value is an integer from -127 to 127 times the
/// scale of its block.
///
/// To 8 bits: the scale is that of the block's largest magnitude over 127, rounded up to 17
/// significant bits; each value goes to the nearest multiple, ties to even. So a value changes by
/// at most half a scale, the way back is exact, and what came back goes out with the same bits
/// again. Magnitudes below 2^-100 alone make a block of zeros. A block with a value that is not
/// finite, or of 2^127 and more, comes back as NaN throughout. Every machine of a run gets the same
/// bits.
///
/// The spans of a call fit together and do not overlap: as many numbers as values, a scale for each
/// begun block. Any thread.
namespace hermes {

inline constexpr std::size_t kInt8Block = 128;

constexpr std::size_t int8_block_count(std::size_t count) {
  return (count + kInt8Block - 1) / kInt8Block;
}

void to_int8_blocks(std::span<const float> values, std::span<float> scales,
                    std::span<std::int8_t> numbers);
void from_int8_blocks(std::span<const float> scales, std::span<const std::int8_t> numbers,
                      std::span<float> values);

}  // namespace hermes
