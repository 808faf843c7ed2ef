#include "runtime/config/toml_text.hpp"

#include <array>
#include <charconv>

namespace hermes::runtime {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string unicode_escape(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(c);
  return std::string("\\u00") + kDigits[code >> 4U] + kDigits[code & 0xFU];
}

}  // namespace

std::string toml_text(bool value) {
  return value ? "true" : "false";
}

std::string toml_text(std::uint64_t value) {
  return std::to_string(value);
}

std::string toml_text(double value) {
  std::string text = short_text(value);
  if (text.find_first_of(".en") == std::string::npos) {
    text += ".0";
  }
  return text;
}

std::string toml_text(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (is_control(c)) {
      text += unicode_escape(c);
    } else {
      text += c;
    }
  }
  return text + '"';
}

std::string short_text(double value) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};
}

}  // namespace hermes::runtime
