#include "report/html_text.hpp"

#include <cstdint>

namespace hermes::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The bytes of the character at the front of `text`; 0 when there is none that is valid.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) {
    return 1;
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
    return 0;
  }
  std::uint32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(text[i])) {
      return 0;
    }
    code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  const bool is_overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool is_surrogate = code >= 0xD800 && code < 0xE000;
  const bool turns_direction =
      (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  const bool is_control = code < 0xA0;
  return is_overlong || is_surrogate || turns_direction || is_control || code > 0x10FFFF ? 0
                                                                                         : length;
}

void add_character(std::string& html, std::string_view character) {
  constexpr char kDelete = 0x7F;
  const char c = character.front();
  if (character.size() > 1) {
    html += character;
  } else if (c == '&') {
    html += "&amp;";
  } else if (c == '<') {
    html += "&lt;";
  } else if (c == '>') {
    html += "&gt;";
  } else if (c == '"') {
    html += "&quot;";
  } else if (c == '\'') {
    html += "&#39;";
  } else {
    html += c < ' ' || c == kDelete ? ' ' : c;
  }
}

void add_text(std::string& html, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character_bytes(text);
    if (length == 0) {
      html += kReplacement;
      text.remove_prefix(1);
    } else {
      add_character(html, text.substr(0, length));
      text.remove_prefix(length);
    }
  }
}

}  // namespace

std::string html_text(std::string_view text, std::size_t bytes_max) {
  std::string html;
  if (text.size() <= bytes_max) {
    add_text(html, text);
    return html;
  }
  std::size_t front = bytes_max * 2 / 3;
  std::size_t back = text.size() - (bytes_max - front);
  while (front > 0 && continues(text[front])) {
    --front;
  }
  while (back < text.size() && continues(text[back])) {
    ++back;
  }
  add_text(html, text.substr(0, front));
  html += kEllipsis;
  add_text(html, text.substr(back));
  return html;
}

}  // namespace hermes::report
