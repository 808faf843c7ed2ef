#include "hermes/core/error.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace hermes {
namespace {

constexpr std::size_t kMessageBytesMax = 900;

/// Messages quote files and peers, which may hold anything: line breaks, a terminal's commands, a
/// megabyte without a blank.
std::string one_line(std::string message) {
  if (message.size() > kMessageBytesMax) {
    // Who is at fault stands at the beginning, what was found at the end.
    constexpr std::string_view kGap = " ... ";
    constexpr std::size_t kPart = (kMessageBytesMax - kGap.size()) / 2;
    message.replace(kPart, message.size() - 2 * kPart, kGap);
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::ranges::replace_if(message, is_control, ' ');
  return message;
}

}  // namespace

Error::Error(std::string message) : std::runtime_error(one_line(std::move(message))) {}

}  // namespace hermes
