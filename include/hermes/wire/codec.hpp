#pragma once

#include <cstddef>
#include <cstdint>

#include "hermes/core/frame.hpp"
#include "hermes/protocol/message.hpp"

/// Messages as bytes, and back. src/wire/README.md has the layout.
namespace hermes::wire {

inline constexpr std::uint16_t kWireVersion = 3;
/// No header is longer; a transport sizes its receive buffers with it.
inline constexpr std::size_t kHeaderBytesMax = 1024;
/// Texts (a version, the detail of a Stop) are cut to this length when they are encoded.
inline constexpr std::size_t kTextBytesMax = 256;

/// How the parameters lie in the payload.
enum class PayloadEncoding : std::uint8_t {
  Fp32,  ///< count x 4 bytes, as in memory
};

/// The message as a frame whose payload is the message's own block of parameters, not a copy.
///
/// Requires: a report with a payload kind, or a release with an attached model, has a non-empty
/// payload, and no other message has one.
Frame encode(const protocol::Message& message);

/// The message in a frame from another rank; its payload shares the frame's block. Nothing in the
/// frame is trusted: each size is checked before it is used.
///
/// `payload_bytes_max` is the largest payload that fits the run (the bytes of the model).
/// Throws DecodeError when the frame is not exactly what `encode` makes.
protocol::Message decode(const Frame& frame, std::size_t payload_bytes_max);

}  // namespace hermes::wire
