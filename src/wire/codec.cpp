#include "hermes/wire/codec.hpp"

#include <array>
#include <cstring>
#include <string>
#include <type_traits>
#include <variant>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "wire/body_codec.hpp"
#include "wire/header.hpp"

namespace hermes::wire {

namespace {

using protocol::Message;
using protocol::MessageBody;

constexpr HeaderFormat kFormat{
    {'H', 'R', 'M', 'S'}, kWireVersion, "message header", "a Hermes frame"};

/// The first bytes of a header, as they lie in memory. Machines of one run share a byte order
/// (MPI would not mix them either); another one is found out by the version.
struct Prelude {
  std::array<char, 4> magic = kFormat.magic;
  std::uint16_t version = kFormat.version;
  std::uint8_t kind = 0;
  PayloadEncoding encoding = PayloadEncoding::Fp32;
  std::uint64_t payload_count = 0;
  std::uint64_t payload_checksum = 0;
  std::uint64_t body_bytes = 0;
};
static_assert(sizeof(Prelude) == kPreludeBytes && std::is_trivially_copyable_v<Prelude>);
static_assert(std::has_unique_object_representations_v<Prelude>);

/// Kinds are numbered by their place in the variant. The order is part of the format, as is every
/// field below it: a change of either needs a new kWireVersion (the golden frames say so).
static_assert(std::variant_size_v<MessageBody> == 8);

bool wants_payload(const MessageBody& body) {
  if (const auto* report = std::get_if<protocol::Report>(&body)) {
    return report->payload != protocol::PayloadKind::None;
  }
  if (const auto* release = std::get_if<protocol::Release>(&body)) {
    return release->model == protocol::ModelSource::Attached;
  }
  return false;
}

Prelude read_prelude(std::span<const std::byte> header) {
  check_header(kFormat, header);
  Prelude prelude;
  std::memcpy(&prelude, header.data(), sizeof(prelude));
  constexpr PayloadEncoding kLast = PayloadEncoding::Int8;
  if (prelude.encoding > kLast) {
    fail_decoding("message header: payload encoding at most", static_cast<std::uint64_t>(kLast),
                  static_cast<std::uint64_t>(prelude.encoding));
  }
  if (prelude.payload_count == 0 && prelude.encoding != PayloadEncoding::Fp32) {
    fail_decoding("message header: payload encoding without a payload", 0,
                  static_cast<std::uint64_t>(prelude.encoding));
  }
  return prelude;
}

Frame make_frame(const MessageBody& body, const EncodedPayload& payload) {
  HERMES_ASSERT(wants_payload(body) == (payload.count > 0),
                "encode: the body and the payload disagree");
  Frame frame;
  frame.payload = payload.block;

  frame.header.resize(sizeof(Prelude));
  append_body(body, frame.header);
  Prelude prelude;
  prelude.kind = static_cast<std::uint8_t>(body.index());
  prelude.encoding = payload.encoding;
  prelude.payload_count = payload.count;
  prelude.payload_checksum = payload.checksum;
  prelude.body_bytes = frame.header.size() - sizeof(Prelude);
  std::memcpy(frame.header.data(), &prelude, sizeof(prelude));
  seal_header(frame.header);
  return frame;
}

}  // namespace

Frame encode(const Message& message, PayloadEncoding encoding) {
  BlockPool pool;
  return make_frame(message.body, encode_payload(message.payload, encoding, pool));
}

Frame Encoder::encode(const Message& message) {
  // Only a released model never changes: a worker may send parameters that it trains on.
  const auto* release = std::get_if<protocol::Release>(&message.body);
  if (encoding_ == PayloadEncoding::Fp32 || release == nullptr || message.payload.empty()) {
    return make_frame(message.body, encode_values(message.payload));
  }
  if (encoded_model_.count == 0 || version_ != release->version) {
    encoded_model_ = {};  // its block may be free now
    encoded_model_ = encode_values(message.payload);
    version_ = release->version;
  }
  return make_frame(message.body, encoded_model_);
}

EncodedPayload Encoder::encode_values(const SharedParameters& values) {
  values_encoded_ += values.size();
  return encode_payload(values, encoding_, pool_);
}

Message decode(const Frame& frame, ParameterPool& pool, Halves halves) {
  const std::span<const std::byte> header(frame.header);
  const Prelude prelude = read_prelude(header);
  Message message;
  message.body = read_body(prelude.kind, header.subspan(sizeof(Prelude), prelude.body_bytes));
  if (wants_payload(message.body) != (prelude.payload_count > 0)) {
    throw DecodeError(wants_payload(message.body)
                          ? "message payload: expected values for this body, found none"
                          : "message payload: expected none for this body, found " +
                                std::to_string(prelude.payload_count) + " values");
  }
  message.payload = decode_payload({.encoding = prelude.encoding,
                                    .count = prelude.payload_count,
                                    .checksum = prelude.payload_checksum,
                                    .block = frame.payload},
                                   pool, halves);
  return message;
}

}  // namespace hermes::wire
