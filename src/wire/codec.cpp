#include "hermes/wire/codec.hpp"

#include <array>
#include <cstring>
#include <string>
#include <type_traits>
#include <variant>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "wire/body_codec.hpp"
#include "wire/checksum.hpp"

namespace hermes::wire {

namespace {

using protocol::Message;
using protocol::MessageBody;

constexpr std::array<char, 4> kMagic{'H', 'R', 'M', 'S'};

/// The first bytes of a header, as they lie in memory. Machines of one run share a byte order
/// (MPI would not mix them either); another one is found out by the version.
struct Prelude {
  std::array<char, 4> magic = kMagic;
  std::uint16_t version = kWireVersion;
  std::uint8_t kind = 0;
  PayloadEncoding encoding = PayloadEncoding::Fp32;
  std::uint64_t payload_count = 0;
  std::uint64_t payload_checksum = 0;
  std::uint64_t body_bytes = 0;
};
static_assert(sizeof(Prelude) == 32 && std::is_trivially_copyable_v<Prelude>);
static_assert(std::has_unique_object_representations_v<Prelude>);

using Crc = std::uint32_t;
constexpr std::size_t kOverheadBytes = sizeof(Prelude) + sizeof(Crc);

/// Kinds are numbered by their place in the variant. The order is part of the format, as is every
/// field below it: a change of either needs a new kWireVersion (the golden frames say so).
static_assert(std::variant_size_v<MessageBody> == 7);

bool wants_payload(const MessageBody& body) {
  if (const auto* report = std::get_if<protocol::Report>(&body)) {
    return report->payload != protocol::PayloadKind::None;
  }
  if (const auto* release = std::get_if<protocol::Release>(&body)) {
    return release->model == protocol::ModelSource::Attached;
  }
  return false;
}

[[noreturn]] void fail(const std::string& what, std::uint64_t expected, std::uint64_t found) {
  throw DecodeError(what + ": expected " + std::to_string(expected) + ", found " +
                    std::to_string(found));
}

/// Everything about the header that can be known before the body is read.
Prelude read_prelude(std::span<const std::byte> header) {
  if (header.size() > kHeaderBytesMax) {
    fail("message header: bytes at most", kHeaderBytesMax, header.size());
  }
  if (header.size() < kOverheadBytes) {
    fail("message header: bytes at least", kOverheadBytes, header.size());
  }
  Prelude prelude;
  std::memcpy(&prelude, header.data(), sizeof(prelude));
  if (prelude.magic != kMagic) {
    throw DecodeError("message header: expected a Hermes frame, found other bytes");
  }
  if (prelude.version != kWireVersion) {
    fail("message header: wire version", kWireVersion, prelude.version);
  }
  if (prelude.body_bytes != header.size() - kOverheadBytes) {
    fail("message header: body bytes", header.size() - kOverheadBytes, prelude.body_bytes);
  }
  Crc crc = 0;
  const auto covered = header.first(header.size() - sizeof(Crc));
  std::memcpy(&crc, header.data() + covered.size(), sizeof(crc));
  if (crc != crc32(covered)) {
    fail("message header: checksum", crc32(covered), crc);
  }
  constexpr PayloadEncoding kLast = PayloadEncoding::Sparse;
  if (prelude.encoding > kLast) {
    fail("message header: payload encoding at most", static_cast<std::uint64_t>(kLast),
         static_cast<std::uint64_t>(prelude.encoding));
  }
  if (prelude.payload_count == 0 && prelude.encoding != PayloadEncoding::Fp32) {
    fail("message header: payload encoding without a payload", 0,
         static_cast<std::uint64_t>(prelude.encoding));
  }
  return prelude;
}

Frame make_frame(const MessageBody& body, const EncodedPayload& payload) {
  HERMES_ASSERT(wants_payload(body) == (payload.count > 0),
                "encode: the body and the payload disagree");
  Frame frame;
  frame.payload = payload.block;

  frame.header.reserve(kHeaderBytesMax);
  frame.header.resize(sizeof(Prelude));
  append_body(body, frame.header);
  Prelude prelude;
  prelude.kind = static_cast<std::uint8_t>(body.index());
  prelude.encoding = payload.encoding;
  prelude.payload_count = payload.count;
  prelude.payload_checksum = payload.checksum;
  prelude.body_bytes = frame.header.size() - sizeof(Prelude);
  std::memcpy(frame.header.data(), &prelude, sizeof(prelude));

  const Crc crc = crc32(frame.header);
  const auto crc_bytes = std::as_bytes(std::span(&crc, 1));
  frame.header.insert(frame.header.end(), crc_bytes.begin(), crc_bytes.end());
  HERMES_ASSERT(frame.header.size() <= kHeaderBytesMax, "encode: header over its limit");
  return frame;
}

}  // namespace

Frame encode(const Message& message, PayloadEncoding encoding) {
  return make_frame(message.body, encode_payload(message.payload, encoding));
}

Frame Encoder::encode(const Message& message) {
  // Only a released model never changes: a worker may send parameters that it trains on.
  const SharedParameters& model = message.payload;
  const bool is_kept = encoding_ != PayloadEncoding::Fp32 && model.owner() != nullptr &&
                       std::holds_alternative<protocol::Release>(message.body);
  if (!is_kept) {
    return wire::encode(message, encoding_);
  }
  // The weak pointer keeps the owner's identity from being given to another model.
  const bool is_same_owner =
      !model_owner_.owner_before(model.owner()) && !model.owner().owner_before(model_owner_);
  if (!is_same_owner || model_.data() != model.values().data() || model_.size() != model.size()) {
    encoded_model_ = encode_payload(model, encoding_);
    model_owner_ = model.owner();
    model_ = model.values();
  }
  return make_frame(message.body, encoded_model_);
}

Message decode(const Frame& frame, ParameterPool& pool) {
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
                                   pool);
  return message;
}

}  // namespace hermes::wire
