#pragma once

#include <cstdint>

namespace hermes::wire {

/// How the parameters lie in a payload. In a message they are always dense floats: encodings begin
/// and end at the wire.
enum class PayloadEncoding : std::uint8_t {
  Fp32,    ///< count x 4 bytes, as in memory
  Fp16,    ///< count x 2 bytes, IEEE half precision
  Bf16,    ///< count x 2 bytes, the upper halves of the floats
  Sparse,  ///< 8 bytes for each value that is not zero: indices first, then values
  Int8,    ///< a byte each, and 4 for every 128: scales first (hermes/core/int8_blocks.hpp)
};

/// True when a receiver may see other values than were to be sent. Sparse is exact, but what goes
/// through it was thinned out before (ErrorFeedback), so it counts as lossy.
constexpr bool is_lossy(PayloadEncoding encoding) {
  return encoding != PayloadEncoding::Fp32;
}

/// True when what a delta loses is kept for the next one (ErrorFeedback).
constexpr bool has_feedback(PayloadEncoding encoding) {
  return encoding == PayloadEncoding::Sparse || encoding == PayloadEncoding::Int8;
}

}  // namespace hermes::wire
