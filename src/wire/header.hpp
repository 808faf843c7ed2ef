#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "hermes/core/frame.hpp"

/// What the headers of all frames have in common: a prelude of 32 bytes (magic, version, ...,
/// length of the body), the body, a checksum over both. Private to wire.
namespace hermes::wire {

struct HeaderFormat {
  std::array<char, 4> magic{};
  std::uint16_t version = 0;
  const char* name = "";   ///< "message header"
  const char* frame = "";  ///< "a Hermes frame"
};

inline constexpr std::size_t kPreludeBytes = 32;
inline constexpr std::size_t kVersionAt = 4;
inline constexpr std::size_t kBodyBytesAt = 24;

/// Throws DecodeError, one line.
[[noreturn]] void fail_decoding(const std::string& what, std::uint64_t expected,
                                std::uint64_t found);

/// Everything that can be known before the prelude's own fields are looked at; returns the body.
/// Throws DecodeError.
std::span<const std::byte> check_header(const HeaderFormat& format,
                                        std::span<const std::byte> header);

/// Appends the checksum to prelude and body.
void seal_header(HeaderBytes& header);

}  // namespace hermes::wire
