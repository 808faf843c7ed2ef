#pragma once

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <string>

namespace hermes::report {

/// 0.8931; what is too large for that in few digits.
inline std::string fixed(double number) {
  return std::abs(number) < 1e6 ? fmt::format("{:.4f}", number) : fmt::format("{:.3g}", number);
}

/// 4.375, 0.9: no more digits than needed.
inline std::string ratio(double number) {
  return fmt::format("{:.4g}", number);
}

}  // namespace hermes::report
