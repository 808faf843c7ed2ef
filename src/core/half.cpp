#include "hermes/core/half.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/half_bits.hpp"
#include "hermes/core/assert.hpp"

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/half.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::HWY_NAMESPACE {
namespace {

// fp16: the processor's own conversions, whose results are those of half_bits.hpp to the bit: they
// round as told, keep subnormal halves and quieten a NaN in the same way. Highway's portable ones
// do not, so that target takes the definitions themselves. bf16 is always the definition: its loop
// becomes vector code, and vcvtneps2bf16 of AVX512_BF16 would take subnormal numbers for zero.

#if HWY_TARGET == HWY_EMU128

std::size_t to_fp16_vectors(const float*, std::uint16_t*, std::size_t) {
  return 0;
}

std::size_t from_fp16_vectors(const std::uint16_t*, float*, std::size_t) {
  return 0;
}

#else

namespace hn = hwy::HWY_NAMESPACE;

std::size_t to_fp16_vectors(const float* values, std::uint16_t* halves, std::size_t count) {
  const hn::ScalableTag<float> wide;
  const hn::Rebind<hwy::float16_t, decltype(wide)> narrow;
  const hn::Rebind<std::uint16_t, decltype(wide)> bits;
  const std::size_t lanes = hn::Lanes(wide);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto half = hn::DemoteTo(narrow, hn::LoadU(wide, values + i));
    hn::StoreU(hn::BitCast(bits, half), bits, halves + i);
  }
  return i;
}

std::size_t from_fp16_vectors(const std::uint16_t* halves, float* values, std::size_t count) {
  const hn::ScalableTag<float> wide;
  const hn::Rebind<hwy::float16_t, decltype(wide)> narrow;
  const hn::Rebind<std::uint16_t, decltype(wide)> bits;
  const std::size_t lanes = hn::Lanes(wide);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto half = hn::BitCast(narrow, hn::LoadU(bits, halves + i));
    hn::StoreU(hn::PromoteTo(wide, half), wide, values + i);
  }
  return i;
}

#endif

void to_fp16(const float* values, std::uint16_t* halves, std::size_t count) {
  for (std::size_t i = to_fp16_vectors(values, halves, count); i < count; ++i) {
    halves[i] = fp16_of(values[i]);
  }
}

void from_fp16(const std::uint16_t* halves, float* values, std::size_t count) {
  for (std::size_t i = from_fp16_vectors(halves, values, count); i < count; ++i) {
    values[i] = float_of_fp16(halves[i]);
  }
}

void to_bf16(const float* values, std::uint16_t* halves, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    halves[i] = bf16_of(values[i]);
  }
}

void from_bf16(const std::uint16_t* halves, float* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = float_of_bf16(halves[i]);
  }
}

}  // namespace
}  // namespace hermes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes {

HWY_EXPORT(to_fp16);
HWY_EXPORT(from_fp16);
HWY_EXPORT(to_bf16);
HWY_EXPORT(from_bf16);

void to_fp16(std::span<const float> values, std::span<std::uint16_t> halves) {
  HERMES_ASSERT(values.size() == halves.size(), "to_fp16: sizes differ");
  HWY_DYNAMIC_DISPATCH(to_fp16)(values.data(), halves.data(), values.size());
}

void to_bf16(std::span<const float> values, std::span<std::uint16_t> halves) {
  HERMES_ASSERT(values.size() == halves.size(), "to_bf16: sizes differ");
  HWY_DYNAMIC_DISPATCH(to_bf16)(values.data(), halves.data(), values.size());
}

void from_fp16(std::span<const std::uint16_t> halves, std::span<float> values) {
  HERMES_ASSERT(values.size() == halves.size(), "from_fp16: sizes differ");
  HWY_DYNAMIC_DISPATCH(from_fp16)(halves.data(), values.data(), values.size());
}

void from_bf16(std::span<const std::uint16_t> halves, std::span<float> values) {
  HERMES_ASSERT(values.size() == halves.size(), "from_bf16: sizes differ");
  HWY_DYNAMIC_DISPATCH(from_bf16)(halves.data(), values.data(), values.size());
}

}  // namespace hermes
#endif
