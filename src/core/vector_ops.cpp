#include "hermes/core/vector_ops.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>

#include "hermes/core/assert.hpp"

namespace hermes {

void axpy(float a, std::span<const float> x, std::span<float> y) {
  HERMES_ASSERT(x.size() == y.size(), "axpy: sizes differ");
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] += a * x[i];
  }
}

void blend(float a, std::span<const float> x, float b, std::span<const float> y,
           std::span<float> out) {
  HERMES_ASSERT(x.size() == y.size() && x.size() == out.size(), "blend: sizes differ");
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = a * x[i] + b * y[i];
  }
}

void subtract(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  HERMES_ASSERT(x.size() == y.size() && x.size() == out.size(), "subtract: sizes differ");
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = x[i] - y[i];
  }
}

double squared_norm(std::span<const float> x) {
  // Four sums let the additions overlap; their order is fixed, so the result is reproducible.
  double sums[4] = {0.0, 0.0, 0.0, 0.0};
  for (std::size_t i = 0; i < x.size(); ++i) {
    sums[i % 4] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

bool all_finite(std::span<const float> x) {
  // All exponent bits set means NaN or infinity; integer tests vectorise and ignore FP flags.
  constexpr std::uint32_t kExponent = 0x7f800000U;
  std::uint32_t found = 0;
  for (const float value : x) {
    found |=
        static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent);
  }
  return found == 0;
}

}  // namespace hermes
