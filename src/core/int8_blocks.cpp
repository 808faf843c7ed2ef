#include "hermes/core/int8_blocks.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/int8_bits.hpp"
#include "hermes/core/assert.hpp"

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/int8_blocks.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::HWY_NAMESPACE {
namespace {

// A whole block in vectors: maxima and products of floats are the same in any width, and the
// processor rounds to the nearest integer as the definition says. Highway's portable rounding does
// not, so that target takes the definitions themselves, as the last, shorter block does.

#if HWY_TARGET == HWY_EMU128

std::uint32_t largest_magnitude(const float* values) {
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i < kInt8Block; ++i) {
    largest = std::max(largest, magnitude_of(values[i]));
  }
  return largest;
}

void round_block(const float* values, float reciprocal, std::int8_t* numbers) {
  for (std::size_t i = 0; i < kInt8Block; ++i) {
    numbers[i] = int8_of(values[i], reciprocal);
  }
}

#else

namespace hn = hwy::HWY_NAMESPACE;

std::uint32_t largest_magnitude(const float* values) {
  const hn::ScalableTag<float> floats;
  const hn::RebindToUnsigned<decltype(floats)> bits;
  const auto mask = hn::Set(bits, kMagnitudeBits);
  auto largest = hn::Zero(bits);
  for (std::size_t i = 0; i < kInt8Block; i += hn::Lanes(floats)) {
    largest = hn::Max(largest, hn::And(hn::BitCast(bits, hn::LoadU(floats, values + i)), mask));
  }
  return hn::GetLane(hn::MaxOfLanes(bits, largest));
}

void round_block(const float* values, float reciprocal, std::int8_t* numbers) {
  const hn::ScalableTag<float> floats;
  const hn::Rebind<std::int8_t, decltype(floats)> narrow;
  const auto factor = hn::Set(floats, reciprocal);
  for (std::size_t i = 0; i < kInt8Block; i += hn::Lanes(floats)) {
    const auto nearest = hn::NearestInt(hn::Mul(hn::LoadU(floats, values + i), factor));
    hn::StoreU(hn::DemoteTo(narrow, nearest), narrow, numbers + i);
  }
}

#endif

void to_int8_blocks(const float* values, float* scales, std::int8_t* numbers, std::size_t count) {
  for (std::size_t begin = 0; begin < count; begin += kInt8Block) {
    const float* const from = values + begin;
    std::int8_t* const to = numbers + begin;
    const std::size_t size = std::min(kInt8Block, count - begin);
    const bool is_whole = size == kInt8Block;
    std::uint32_t largest = 0;
    if (is_whole) {
      largest = largest_magnitude(from);
    } else {
      for (std::size_t i = 0; i < size; ++i) {
        largest = std::max(largest, magnitude_of(from[i]));
      }
    }
    const float scale = int8_scale_of(largest);
    scales[begin / kInt8Block] = scale;
    if (!(scale > 0.0F)) {  // nothing there, or nothing that could be told
      std::fill_n(to, size, std::int8_t{0});
    } else if (is_whole) {
      round_block(from, 1.0F / scale, to);
    } else {
      for (std::size_t i = 0; i < size; ++i) {
        to[i] = int8_of(from[i], 1.0F / scale);
      }
    }
  }
}

/// Becomes vector code by itself.
void from_int8_blocks(const float* scales, const std::int8_t* numbers, float* values,
                      std::size_t count) {
  for (std::size_t begin = 0; begin < count; begin += kInt8Block) {
    const float scale = scales[begin / kInt8Block];
    const std::size_t end = std::min(begin + kInt8Block, count);
    for (std::size_t i = begin; i < end; ++i) {
      values[i] = float_of_int8(numbers[i], scale);
    }
  }
}

}  // namespace
}  // namespace hermes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes {

HWY_EXPORT(to_int8_blocks);
HWY_EXPORT(from_int8_blocks);

void to_int8_blocks(std::span<const float> values, std::span<float> scales,
                    std::span<std::int8_t> numbers) {
  HERMES_ASSERT(values.size() == numbers.size() && scales.size() == int8_block_count(values.size()),
                "to_int8_blocks: sizes differ");
  HWY_DYNAMIC_DISPATCH(to_int8_blocks)
  (values.data(), scales.data(), numbers.data(), values.size());
}

void from_int8_blocks(std::span<const float> scales, std::span<const std::int8_t> numbers,
                      std::span<float> values) {
  HERMES_ASSERT(values.size() == numbers.size() && scales.size() == int8_block_count(values.size()),
                "from_int8_blocks: sizes differ");
  HWY_DYNAMIC_DISPATCH(from_int8_blocks)
  (scales.data(), numbers.data(), values.data(), values.size());
}

}  // namespace hermes
#endif
