#include "runtime/config/key_visitor.hpp"

#include <algorithm>
#include <cmath>

#include "hermes/core/byte_size.hpp"
#include "runtime/config/toml_text.hpp"

namespace hermes::runtime {

bool RealRange::contains(double value) const {
  return std::isfinite(value) && (above_min ? value > min : value >= min) &&
         (below_max ? value < max : value <= max);
}

std::string describe(IntegerRange range) {
  if (range.max == IntegerRange{}.max) {
    return "an integer >= " + std::to_string(range.min);
  }
  return "an integer from " + std::to_string(range.min) + " to " + std::to_string(range.max);
}

std::string describe(RealRange range) {
  const bool has_min = std::isfinite(range.min);
  const bool has_max = std::isfinite(range.max);
  if (has_min && has_max) {
    return std::string("a number in ") + (range.above_min ? "(" : "[") + short_text(range.min) +
           ", " + short_text(range.max) + (range.below_max ? ")" : "]");
  }
  if (has_min) {
    return std::string("a number ") + (range.above_min ? "> " : ">= ") + short_text(range.min);
  }
  if (has_max) {
    return std::string("a number ") + (range.below_max ? "< " : "<= ") + short_text(range.max);
  }
  return "a finite number";
}

std::string describe(std::span<const std::string_view> words) {
  std::string text = words.size() == 1 ? "" : "one of ";
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += (i == 0 ? "'" : ", '") + std::string(words[i]) + "'";
  }
  return text;
}

std::string describe_integers(IntegerRange range) {
  return "an array of different integers, each" + describe(range).substr(2);
}

std::string describe_byte_size(std::string_view otherwise) {
  std::string text;
  if (!otherwise.empty()) {
    text.append("'").append(otherwise).append("' or ");
  }
  return text.append(kByteSizeText);
}

void KeyVisitor::small_integer(const Key& key, std::uint32_t& value, IntegerRange range) {
  range.max = std::min<std::uint64_t>(range.max, std::numeric_limits<std::uint32_t>::max());
  std::uint64_t wide = value;
  integer(key, wide, range);
  value = static_cast<std::uint32_t>(wide);
}

void KeyVisitor::duration(const Key& key, Duration& value, RealRange range) {
  double in_seconds = value.count();
  real(key, in_seconds, range);
  value = seconds(in_seconds);
}

}  // namespace hermes::runtime
