#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "hermes/core/buffer.hpp"
#include "hermes/core/frame.hpp"
#include "wire/sample_messages.hpp"

/// What the tests of both families of frames do with them.
namespace hermes::wire::testing {

inline std::string hex(std::span<const std::byte> bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4U];
    text += kDigits[std::to_integer<unsigned>(byte) & 15U];
  }
  return text;
}

/// Calls `visit(damaged, bit)` for each bit of the header, flipped in a copy of the frame.
template <class Visit>
void flip_each_header_bit(const Frame& frame, Visit&& visit) {
  for (std::size_t bit = 0; bit < frame.header.size() * 8; ++bit) {
    Frame flipped = received(frame);
    flipped.header[bit / 8] ^= std::byte{1} << bit % 8;
    visit(flipped, bit);
  }
}

/// The same for each bit of the payload.
template <class Visit>
void flip_each_payload_bit(const Frame& frame, Visit&& visit) {
  for (std::size_t bit = 0; bit < frame.payload.bytes.size() * 8; ++bit) {
    AlignedVector<std::byte> bytes(frame.payload.bytes.begin(), frame.payload.bytes.end());
    bytes[bit / 8] ^= std::byte{1} << bit % 8;
    const auto block = std::make_shared<const AlignedVector<std::byte>>(std::move(bytes));
    visit(Frame{frame.header, {block, *block}}, bit);
  }
}

}  // namespace hermes::wire::testing
