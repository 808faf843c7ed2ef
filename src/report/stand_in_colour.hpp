#pragma once

#include <spdlog/fmt/fmt.h>

#include <string>

namespace hermes::report {

/// gnuplot knows no style sheets, so it draws with colours that only stand for ours: red 250, green
/// the number, blue 5. The drawing then gets variables in their place.
inline constexpr int kStandInRed = 250;
inline constexpr int kStandInBlue = 5;

inline std::string stand_in(int colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", kStandInRed, colour, kStandInBlue);
}

}  // namespace hermes::report
