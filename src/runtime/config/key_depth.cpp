#include "runtime/config/key_depth.hpp"

#include <algorithm>

namespace hermes::runtime {
namespace {

/// The length of the string that begins at the front, quotes included, or of what there is of it.
std::size_t string_length(std::string_view text) {
  const char quote = text.front();
  const bool many_lines = text.size() >= 3 && text[1] == quote && text[2] == quote;
  const std::size_t quotes = many_lines ? 3 : 1;
  for (std::size_t i = quotes; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (!many_lines && text[i] == '\n') {
      return i;  // no valid TOML: the parser will say so
    } else if (text.substr(i, quotes) == text.substr(0, quotes)) {
      return i + quotes;
    }
  }
  return text.size();
}

}  // namespace

std::size_t too_deep_line(std::string_view text) {
  std::size_t line = 1;
  std::size_t parts = 1;
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = 1;
    if (c == '"' || c == '\'') {
      length = string_length(text);
    } else if (c == '#') {
      length = std::min(text.find('\n'), text.size());
    } else if (c == '.') {
      ++parts;
    } else if (std::string_view(",=[]{}\n").find(c) != std::string_view::npos) {
      parts = 1;
    }
    if (parts > kKeyPartsMax) {
      return line;
    }
    const std::string_view passed = text.substr(0, length);
    line += static_cast<std::size_t>(std::count(passed.begin(), passed.end(), '\n'));
    text.remove_prefix(passed.size());
  }
  return 0;
}

}  // namespace hermes::runtime
