#include "hermes/core/vector_ops.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "hermes/core/assert.hpp"

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/vector_ops.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

void axpy(float a, const float* x, float* y, std::size_t count) {
  const hn::ScalableTag<float> tag;
  const std::size_t lanes = hn::Lanes(tag);
  const auto factor = hn::Set(tag, a);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::MulAdd(factor, hn::LoadU(tag, x + i), hn::LoadU(tag, y + i)), tag, y + i);
  }
  for (; i < count; ++i) {
    y[i] += a * x[i];
  }
}

void blend(float a, const float* x, float b, const float* y, float* out, std::size_t count) {
  const hn::ScalableTag<float> tag;
  const std::size_t lanes = hn::Lanes(tag);
  const auto of_x = hn::Set(tag, a);
  const auto of_y = hn::Set(tag, b);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto scaled = hn::Mul(of_y, hn::LoadU(tag, y + i));
    hn::StoreU(hn::MulAdd(of_x, hn::LoadU(tag, x + i), scaled), tag, out + i);
  }
  for (; i < count; ++i) {
    out[i] = a * x[i] + b * y[i];
  }
}

void subtract(const float* x, const float* y, float* out, std::size_t count) {
  const hn::ScalableTag<float> tag;
  const std::size_t lanes = hn::Lanes(tag);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::Sub(hn::LoadU(tag, x + i), hn::LoadU(tag, y + i)), tag, out + i);
  }
  for (; i < count; ++i) {
    out[i] = x[i] - y[i];
  }
}

/// Without their signs floats are in the order of their bits, NaN above infinity; integer tests
/// vectorise and ignore FP flags.
bool all_within(const float* x, std::size_t count, float limit) {
  constexpr std::int32_t kMagnitude = 0x7fffffff;
  const auto limit_bits = std::bit_cast<std::int32_t>(limit);
  std::int32_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    found |=
        static_cast<std::int32_t>((std::bit_cast<std::int32_t>(x[i]) & kMagnitude) > limit_bits);
  }
  return found == 0;
}

}  // namespace
}  // namespace hermes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes {

HWY_EXPORT(axpy);
HWY_EXPORT(blend);
HWY_EXPORT(subtract);
HWY_EXPORT(all_within);

void axpy(float a, std::span<const float> x, std::span<float> y) {
  HERMES_ASSERT(x.size() == y.size(), "axpy: sizes differ");
  HWY_DYNAMIC_DISPATCH(axpy)(a, x.data(), y.data(), y.size());
}

void blend(float a, std::span<const float> x, float b, std::span<const float> y,
           std::span<float> out) {
  HERMES_ASSERT(x.size() == y.size() && x.size() == out.size(), "blend: sizes differ");
  HWY_DYNAMIC_DISPATCH(blend)(a, x.data(), b, y.data(), out.data(), out.size());
}

void subtract(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  HERMES_ASSERT(x.size() == y.size() && x.size() == out.size(), "subtract: sizes differ");
  HWY_DYNAMIC_DISPATCH(subtract)(x.data(), y.data(), out.data(), out.size());
}

double squared_norm(std::span<const float> x) {
  // Four sums let the additions overlap; their order is fixed, so the result is reproducible.
  double sums[4] = {0.0, 0.0, 0.0, 0.0};
  for (std::size_t i = 0; i < x.size(); ++i) {
    sums[i % 4] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

bool all_within(std::span<const float> x, float limit) {
  HERMES_ASSERT(limit >= 0.0F, "all_within: a negative limit");
  return HWY_DYNAMIC_DISPATCH(all_within)(x.data(), x.size(), limit);
}

bool all_within(const SharedParameters& parameters, float limit) {
  alignas(64) std::array<float, kParameterBlock> room;
  for (std::size_t first = 0; first < parameters.size(); first += room.size()) {
    const std::size_t count = std::min(room.size(), parameters.size() - first);
    if (!all_within(parameters.read(first, std::span(room).first(count)), limit)) {
      return false;
    }
  }
  return true;
}

bool all_finite(std::span<const float> x) {
  return all_within(x, std::numeric_limits<float>::max());
}

}  // namespace hermes
#endif
