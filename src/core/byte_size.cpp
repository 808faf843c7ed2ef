#include "hermes/core/byte_size.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace hermes {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<Unit, 7> kUnits{{{"GiB", std::uint64_t{1} << 30},
                                      {"MiB", std::uint64_t{1} << 20},
                                      {"KiB", std::uint64_t{1} << 10},
                                      {"GB", 1'000'000'000},
                                      {"MB", 1'000'000},
                                      {"KB", 1'000},
                                      {"B", 1}}};
constexpr double kMost = 9007199254740992.0;  // 2^53: all integers up to here are doubles

}  // namespace

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  double number = 0.0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || std::signbit(number) || !std::isfinite(number)) {
    return std::nullopt;
  }
  std::string_view name(stop, static_cast<std::size_t>(end - stop));
  name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
  const auto* const unit = std::find_if(kUnits.begin(), kUnits.end(),
                                        [name](const Unit& one) { return one.name == name; });
  if (unit == kUnits.end()) {
    return std::nullopt;
  }
  const double bytes = std::floor(number * static_cast<double>(unit->bytes));
  if (bytes > kMost) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(bytes);
}

std::string byte_size_text(std::uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    const bool is_binary_or_byte = unit.name.size() != 2;
    if (is_binary_or_byte && bytes >= unit.bytes && bytes % unit.bytes == 0) {
      return std::to_string(bytes / unit.bytes) + std::string(unit.name);
    }
  }
  return "0B";
}

}  // namespace hermes
