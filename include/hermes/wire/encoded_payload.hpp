#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/frame.hpp"
#include "hermes/core/parameters.hpp"
#include "hermes/wire/payload_encoding.hpp"

/// The large part of a message: parameters as bytes, and back.
namespace hermes::wire {

/// A payload and what the header says about it.
struct EncodedPayload {
  PayloadEncoding encoding = PayloadEncoding::Fp32;
  std::uint64_t count = 0;  ///< parameters, not bytes
  std::uint64_t checksum = 0;
  SharedBytes block;
};

/// Blocks of encoded payloads, to be used again (hermes/core/reuse.hpp).
using BlockPool = std::vector<std::shared_ptr<AlignedVector<std::uint32_t>>>;

/// Fp32 refers to the parameters themselves, the others to a block of the pool. Sparse becomes Fp32
/// where that is not larger, so no payload is larger than its parameters.
EncodedPayload encode_payload(const SharedParameters& parameters, PayloadEncoding encoding,
                              BlockPool& pool);

/// What becomes of numbers of 16 bits that arrive: floats, in a buffer of the pool, or they stay
/// where and what they are, for a receiver that reads them once.
enum class Halves : std::uint8_t { Widen, Keep };

/// Nothing in the payload is trusted. Fp32 stays where it is; others are expanded into a buffer of
/// the pool. The pool's size is the largest count. Throws DecodeError.
SharedParameters decode_payload(const EncodedPayload& payload, ParameterPool& pool,
                                Halves halves = Halves::Widen);

}  // namespace hermes::wire
