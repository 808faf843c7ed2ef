#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "hermes/core/error.hpp"
#include "hermes/core/frame.hpp"
#include "hermes/core/parameters.hpp"
#include "hermes/protocol/message.hpp"
#include "hermes/wire/encoded_payload.hpp"

/// Messages as bytes, and back. src/wire/README.md has the layout.
namespace hermes::wire {

inline constexpr std::uint16_t kWireVersion = 6;
/// No header is longer; a transport sizes its receive buffers with it.
inline constexpr std::size_t kHeaderBytesMax = HeaderBytes::kCapacity;

/// A whole frame, by its checksum, of a Hermes that speaks another version of the format.
class OtherVersionError : public DecodeError {
 public:
  using DecodeError::DecodeError;
};

/// The message as a frame. An Fp32 payload is the message's own block of parameters, not a copy.
///
/// Requires: a report with a payload kind, or a release with an attached model, has a non-empty
/// payload, and no other message has one.
Frame encode(const protocol::Message& message, PayloadEncoding encoding = PayloadEncoding::Fp32);

/// Encodes what one rank sends, and remembers the last model: released to many workers, it is
/// converted once, and the frames share the block. Single-threaded.
///
/// Requires: a version names one model.
class Encoder {
 public:
  explicit Encoder(PayloadEncoding encoding) : encoding_(encoding) {}

  PayloadEncoding encoding() const { return encoding_; }
  /// As the function `encode`.
  Frame encode(const protocol::Message& message);
  /// Values of payloads that went through the encoding; those of a remembered model went once.
  std::uint64_t values_encoded() const { return values_encoded_; }

 private:
  EncodedPayload encode_values(const SharedParameters& values);

  PayloadEncoding encoding_;
  std::uint64_t values_encoded_ = 0;
  Version version_{};  // of the model below
  EncodedPayload encoded_model_{};
  BlockPool pool_;
};

/// The message in a frame from another rank. An Fp32 payload shares the frame's block (so do halves
/// that are kept), others are expanded into a buffer of `pool`. Nothing in the frame is trusted:
/// each size is checked before it is used.
///
/// `pool.size()` is the largest number of values that fits the run (the parameters of the model).
/// Throws DecodeError when something about the frame is wrong.
protocol::Message decode(const Frame& frame, ParameterPool& pool, Halves halves = Halves::Widen);

}  // namespace hermes::wire
