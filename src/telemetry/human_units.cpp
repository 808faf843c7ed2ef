#include "hermes/telemetry/human_units.hpp"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cmath>
#include <string_view>

namespace hermes::telemetry {

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB",
                                                             "TiB", "PiB", "EiB"};
  constexpr double kStep = 1024.0;
  constexpr double kCarry = 1023.95;  // would be rounded up to 1024.0
  if (bytes < 1024) {
    return fmt::format("{} B", bytes);
  }
  double value = static_cast<double>(bytes) / kStep;
  std::size_t unit = 0;
  while (value >= kCarry && unit + 1 < kUnits.size()) {
    value /= kStep;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string human_count(double count) {
  static constexpr std::array<std::string_view, 4> kUnits = {"k", "M", "G", "T"};
  constexpr double kStep = 1000.0;
  constexpr double kCarry = 999.95;  // would be rounded up to 1000.0
  if (!(count >= 999.5)) {
    return fmt::format("{:.3g}", count);
  }
  double value = count / kStep;
  std::size_t unit = 0;
  while (value >= kCarry && unit + 1 < kUnits.size()) {
    value /= kStep;
    ++unit;
  }
  return fmt::format("{:.1f}{}", value, kUnits[unit]);
}

std::string human_duration(Duration duration) {
  constexpr double kForever = 1e9;
  const double total = duration.count();
  if (!(total >= 0.0 && total < kForever)) {
    return "?";
  }
  if (total < 59.95) {
    return fmt::format("{:.1f} s", total);
  }
  const long long whole = std::llround(total);
  if (whole < 3600) {
    return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  }
  const long long minutes = std::llround(total / 60.0);
  return fmt::format("{}h {:02}m", minutes / 60, minutes % 60);
}

std::string grouped(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t place = 3; place < digits.size(); place += 4) {
    digits.insert(digits.size() - place, 1, ',');
  }
  return digits;
}

std::string counted(std::uint64_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

}  // namespace hermes::telemetry
