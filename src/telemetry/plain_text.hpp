#pragma once

#include <string>
#include <string_view>

namespace hermes::telemetry {

/// The text with every control character made a blank. Texts may come from another rank; they must
/// neither forge a second log line nor speak to the terminal.
inline std::string plain_text(std::string_view text) {
  constexpr unsigned char kDelete = 0x7f;
  std::string plain(text);
  for (char& c : plain) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == kDelete) {
      c = ' ';
    }
  }
  return plain;
}

}  // namespace hermes::telemetry
