#include <array>
#include <cstring>
#include <type_traits>

#include "hermes/core/archive_fields.hpp"
#include "hermes/core/assert.hpp"
#include "hermes/wire/data_message.hpp"
#include "wire/body_archive.hpp"
#include "wire/checksum.hpp"
#include "wire/header.hpp"

namespace hermes::wire {

template <class Archive>
void serialize(Archive&, AskDataset&, unsigned) {}

template <class Archive>
void serialize(Archive& archive, AskRows& ask, unsigned) {
  fields(archive, ask.request);
  truth(archive, ask.evaluation, "evaluation");
  enumerator(archive, ask.order, protocol::RowOrder::ByLabel, "row order");
  fields(archive, ask.order_seed, ask.pools, ask.pieces, ask.first, ask.count);
}

template <class Archive>
void serialize(Archive& archive, DatasetFacts& facts, unsigned) {
  text(archive, facts.name, "name");
  fields(archive, facts.channels, facts.height, facts.width);
  truth(archive, facts.flat, "flat");
  truth(archive, facts.floats, "floats");
  truth(archive, facts.channels_last, "channels last");
  fields(archive, facts.target_columns, facts.train_rows, facts.validation_rows, facts.test_rows,
         facts.content_hash);
}

template <class Archive>
void serialize(Archive& archive, RowSlice& slice, unsigned) {
  fields(archive, slice.request, slice.total, slice.rows);
}

template <class Archive>
void serialize(Archive& archive, StateSlice& slice, unsigned) {
  fields(archive, slice.round, slice.total, slice.first);
}

template <class Archive>
void serialize(Archive& archive, RowsFailed& failed, unsigned) {
  fields(archive, failed.request);
  text(archive, failed.what, "what");
}

namespace {

constexpr HeaderFormat kFormat{
    {'H', 'R', 'M', 'D'}, kDataWireVersion, "data header", "a data frame"};

/// The first bytes of a header, as they lie in memory (codec.cpp says why that is right).
struct Prelude {
  std::array<char, 4> magic = kFormat.magic;
  std::uint16_t version = kFormat.version;
  std::uint16_t kind = 0;  // place in DataBody
  std::uint64_t payload_bytes = 0;
  std::uint64_t payload_checksum = 0;
  std::uint64_t body_bytes = 0;
};
static_assert(sizeof(Prelude) == kPreludeBytes &&
              std::has_unique_object_representations_v<Prelude>);

/// Kinds are numbered by their place in the variant: a new order needs a new kDataWireVersion.
static_assert(std::variant_size_v<DataBody> == 6);

bool wants_payload(const DataBody& body) {
  return std::holds_alternative<DatasetFacts>(body) || std::holds_alternative<RowSlice>(body) ||
         std::holds_alternative<StateSlice>(body);
}

Prelude read_prelude(std::span<const std::byte> header) {
  check_header(kFormat, header);
  Prelude prelude;
  std::memcpy(&prelude, header.data(), sizeof(prelude));
  if (prelude.kind >= std::variant_size_v<DataBody>) {
    fail_decoding("data header: kind at most", std::variant_size_v<DataBody> - 1, prelude.kind);
  }
  return prelude;
}

void check_payload(const Prelude& prelude, std::span<const std::byte> payload,
                   std::size_t payload_bytes_max) {
  if (prelude.payload_bytes > payload_bytes_max) {
    fail_decoding("data payload: bytes at most", payload_bytes_max, prelude.payload_bytes);
  }
  if (payload.size() != prelude.payload_bytes) {
    fail_decoding("data payload: bytes", prelude.payload_bytes, payload.size());
  }
  if (payload.size() % sizeof(std::uint32_t) != 0) {
    throw DecodeError("data payload: expected whole words, found " +
                      std::to_string(payload.size()) + " bytes");
  }
  if (reinterpret_cast<std::uintptr_t>(payload.data()) % alignof(float) != 0) {
    throw DecodeError("data payload: expected memory aligned for float, found it is not");
  }
  if (prelude.payload_checksum != payload_checksum(payload)) {
    fail_decoding("data payload: checksum", prelude.payload_checksum, payload_checksum(payload));
  }
}

}  // namespace

bool is_data_frame(const Frame& frame) {
  return frame.header.size() >= kFormat.magic.size() &&
         std::memcmp(frame.header.data(), kFormat.magic.data(), kFormat.magic.size()) == 0;
}

Frame encode_data(const DataMessage& message) {
  HERMES_ASSERT(wants_payload(message.body) == !message.payload.bytes.empty(),
                "encode: the body and the payload disagree");
  Frame frame;
  frame.payload = message.payload;
  frame.header.resize(sizeof(Prelude));
  append_alternative(message.body, frame.header);
  Prelude prelude;
  prelude.kind = static_cast<std::uint16_t>(message.body.index());
  prelude.payload_bytes = frame.payload.bytes.size();
  prelude.payload_checksum = payload_checksum(frame.payload.bytes);
  prelude.body_bytes = frame.header.size() - sizeof(Prelude);
  std::memcpy(frame.header.data(), &prelude, sizeof(prelude));
  seal_header(frame.header);
  return frame;
}

DataMessage decode_data(const Frame& frame, std::size_t payload_bytes_max) {
  const std::span<const std::byte> header(frame.header);
  const Prelude prelude = read_prelude(header);
  DataMessage message;
  message.body = read_alternative<DataBody>(static_cast<std::uint8_t>(prelude.kind),
                                            header.subspan(sizeof(Prelude), prelude.body_bytes));
  if (wants_payload(message.body) != (prelude.payload_bytes > 0)) {
    throw DecodeError(wants_payload(message.body)
                          ? "data payload: expected bytes for this body, found none"
                          : "data payload: expected none for this body, found " +
                                std::to_string(prelude.payload_bytes) + " bytes");
  }
  check_payload(prelude, frame.payload.bytes, payload_bytes_max);
  message.payload = frame.payload;
  return message;
}

}  // namespace hermes::wire
