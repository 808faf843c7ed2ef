#include "hermes/protocol/strategies/tukey.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "hermes/core/assert.hpp"

namespace hermes::protocol {
namespace {

constexpr std::size_t kTukeyCountMin = 4;
constexpr double kTukeyReach = 1.5;
constexpr double kRatioMax = 1.5;

}  // namespace

double quantile(std::span<const double> values, double p) {
  HERMES_ASSERT(!values.empty() && p >= 0.0 && p <= 1.0, "quantile: no values or no part of one");
  std::vector<double> ordered(values.begin(), values.end());
  const double place = static_cast<double>(ordered.size() - 1) * p;
  const auto below = static_cast<std::size_t>(place);
  const auto nth = ordered.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(ordered.begin(), nth, ordered.end());
  const double low = *nth;
  if (below + 1 == ordered.size()) {
    return low;
  }
  const double high = *std::min_element(nth + 1, ordered.end());
  return low + (place - static_cast<double>(below)) * (high - low);
}

double median(std::span<const double> values) {
  return quantile(values, 0.5);
}

Fences fences_of(std::span<const double> others) {
  if (others.size() < kTukeyCountMin) {
    const double middle = median(others);
    return {.kind = Fences::Kind::Ratio, .low = middle / kRatioMax, .high = middle * kRatioMax};
  }
  const double q1 = quantile(others, 0.25);
  const double q3 = quantile(others, 0.75);
  const double reach = kTukeyReach * (q3 - q1);
  return {.kind = Fences::Kind::Tukey, .low = q1 - reach, .high = q3 + reach};
}

bool is_outlier(double value, const Fences& fences) {
  return value < fences.low || value > fences.high;
}

}  // namespace hermes::protocol
