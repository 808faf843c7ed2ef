#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>

#include "hermes/core/error.hpp"
#include "hermes/wire/codec.hpp"
#include "wire/checksum.hpp"
#include "wire/frame_probes.hpp"
#include "wire/sample_messages.hpp"

namespace hermes::wire {
namespace {

using ::testing::HasSubstr;
using testing::one_of_each;
using testing::received;
using testing::same;

constexpr std::size_t kCountMax = 1024;
constexpr std::size_t kBodyAt = 32;
/// Places in MessageBody.
enum Kind : std::uint8_t { Join, Report, Heartbeat, Leave, Release, Collect, Stop };

/// Makes the frame's checksum right again, as a hostile sender would.
void seal(HeaderBytes& header) {
  const std::uint32_t crc = crc32(std::span(header).first(header.size() - 4));
  std::memcpy(header.data() + header.size() - 4, &crc, 4);
}

template <class T>
void poke(HeaderBytes& header, std::size_t offset, T value) {
  ASSERT_LE(offset + sizeof(T), header.size());
  std::memcpy(header.data() + offset, &value, sizeof(T));
}

/// The message of the DecodeError that decoding throws; empty when it does not.
std::string decode_error(const Frame& frame) {
  try {
    ParameterPool pool(kCountMax);
    decode(frame, pool);
  } catch (const DecodeError& error) {
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("\n")));
    return error.what();
  }
  return {};
}

TEST(MalformedFrameTest, a_header_cut_anywhere_is_rejected) {
  for (const protocol::Message& message : one_of_each()) {
    Frame frame = received(encode(message));
    while (!frame.header.empty()) {
      frame.header.resize(frame.header.size() - 1);
      EXPECT_NE(decode_error(frame), "") << frame.header.size();
    }
  }
}

TEST(MalformedFrameTest, a_body_cut_anywhere_is_rejected_even_with_a_right_checksum) {
  for (const protocol::Message& message : one_of_each()) {
    Frame frame = received(encode(message));
    while (frame.header.size() > kBodyAt + 4) {
      frame.header.resize(frame.header.size() - 1);
      poke(frame.header, 24, std::uint64_t{frame.header.size() - kBodyAt - 4});
      seal(frame.header);
      EXPECT_THAT(decode_error(frame), HasSubstr("message body: ends early"));
    }
  }
}

TEST(MalformedFrameTest, a_payload_of_any_other_length_is_rejected) {
  const Frame frame = received(encode(one_of_each()[Report]));
  for (std::size_t length = 0; length < 12; ++length) {
    Frame cut = frame;
    cut.payload.bytes = frame.payload.bytes.first(length);
    EXPECT_THAT(decode_error(cut), HasSubstr("message payload: bytes: expected 12"));
  }
  Frame longer = frame;
  const auto block = std::make_shared<const AlignedVector<std::byte>>(16);
  longer.payload = {block, *block};
  EXPECT_THAT(decode_error(longer), HasSubstr("expected 12, found 16"));
}

TEST(MalformedFrameTest, a_flipped_bit_anywhere_is_rejected) {
  for (const protocol::Message& message : one_of_each()) {
    const Frame frame = encode(message);
    testing::flip_each_header_bit(frame, [](const Frame& flipped, std::size_t bit) {
      EXPECT_NE(decode_error(flipped), "") << "bit " << bit;
    });
    testing::flip_each_payload_bit(frame, [](const Frame& flipped, std::size_t bit) {
      EXPECT_THAT(decode_error(flipped), HasSubstr("payload: checksum")) << "bit " << bit;
    });
  }
}

TEST(MalformedFrameTest, a_payload_that_never_arrived_is_rejected) {
  const Frame frame = encode(one_of_each()[Report]);
  const auto zeros = std::make_shared<const AlignedVector<std::byte>>(12);
  EXPECT_THAT(decode_error({frame.header, {zeros, *zeros}}), HasSubstr("payload: checksum"));
}

struct PokeCase {
  Kind kind;
  std::function<void(HeaderBytes&)> damage;
  const char* error;
};

TEST(MalformedFrameTest, a_well_sealed_frame_with_a_wrong_field_is_rejected_by_name) {
  const auto byte_at = [](std::size_t offset, std::uint8_t value) {
    return [=](HeaderBytes& header) { poke(header, offset, value); };
  };
  const PokeCase cases[] = {
      {Stop, byte_at(0, 'X'), "expected a Hermes frame"},
      {Stop, byte_at(4, 7), "wire version: expected 6, found 7"},
      {Stop, byte_at(6, 8), "kind: expected at most 7, found 8"},
      {Stop, byte_at(6, 255), "kind: expected at most 7, found 255"},
      {Report, byte_at(7, 5), "payload encoding at most: expected 4, found 5"},
      {Report, byte_at(7, 255), "payload encoding at most: expected 4, found 255"},
      {Report, byte_at(7, 1), "payload: bytes: expected 6, found 12"},
      {Report, byte_at(7, 2), "payload: bytes: expected 6, found 12"},
      {Report, byte_at(7, 3), "payload: bytes: expected 8, found 12"},
      {Stop, byte_at(7, 1), "encoding without a payload: expected 0, found 1"},
      {Heartbeat, byte_at(24, 1), "body bytes: expected 0, found 1"},
      {Stop, byte_at(kBodyAt, 11), "stop reason: expected at most 10, found 11"},
      {Stop, byte_at(kBodyAt + 6, 2), "detail: expected at most 256 bytes, found 516"},
      {Stop, byte_at(kBodyAt + 5, 5), "ends early"},
      {Stop, byte_at(kBodyAt + 5, 3), "found 1 more"},
      {Join, byte_at(kBodyAt + 1, 255), "program version: expected at most 256 bytes"},
      {Join, byte_at(kBodyAt + 7, 49), "traits: expected at most 48, found 49"},
      {Join, byte_at(kBodyAt + 7, 48), "ends early"},
      {Report, byte_at(kBodyAt, 4), "report kind: expected at most 3, found 4"},
      {Report, byte_at(kBodyAt + 1, 4), "payload kind: expected at most 3, found 4"},
      {Report, byte_at(kBodyAt + 3, 2), "captured: expected 0 or 1, found 2"},
      {Report, byte_at(kBodyAt + 2, 2), "vote: expected 0 or 1, found 2"},
      {Report, byte_at(kBodyAt + 1, 0), "expected none for this body, found 3 values"},
      {Report, byte_at(8, 2), "payload: bytes: expected 8, found 12"},
      {Report, byte_at(8, 0), "expected values for this body, found none"},
      {Report, byte_at(15, 255), "values at most: expected 1024"},
      {Report, byte_at(15, 64), "values at most: expected 1024"},
      {Release, byte_at(kBodyAt + 16, 3), "model source: expected at most 2, found 3"},
      {Release, byte_at(kBodyAt + 16, 1), "expected none for this body"},
      {Release, byte_at(kBodyAt + 25, 2), "row order: expected at most 1, found 2"},
      {Leave, byte_at(kBodyAt, 200), "stop reason: expected at most 10, found 200"},
      {Collect, byte_at(6, Heartbeat), "expected its end after 0 bytes, found 16 more"},
      {Heartbeat, byte_at(8, 1), "expected none for this body, found 1 values"},
  };
  for (const PokeCase& c : cases) {
    Frame frame = received(encode(one_of_each()[c.kind]));
    c.damage(frame.header);
    seal(frame.header);
    EXPECT_THAT(decode_error(frame), HasSubstr(c.error));
  }
}

TEST(MalformedFrameTest, a_payload_at_an_odd_address_is_rejected) {
  Frame frame = received(encode(one_of_each()[Report]));
  const auto block = std::make_shared<AlignedVector<std::byte>>(13);
  std::copy(frame.payload.bytes.begin(), frame.payload.bytes.end(), block->begin() + 1);
  frame.payload = {block, std::span(*block).subspan(1)};
  EXPECT_THAT(decode_error(frame), HasSubstr("aligned"));
}

TEST(MalformedFrameTest, random_sealed_bytes_are_rejected_or_read_to_the_last_byte) {
  RandomStream random(3, RandomPurpose::Test);
  for (int i = 0; i < 20000; ++i) {
    Frame frame = encode(one_of_each()[random.below(7)]);
    frame.payload = {};
    poke(frame.header, 8, std::uint64_t{0});
    poke(frame.header, 16, payload_checksum({}));
    const std::size_t body_bytes = frame.header.size() - kBodyAt - 4;
    for (std::uint64_t change = 0; body_bytes > 0 && change < 3; ++change) {
      frame.header[kBodyAt + random.below(body_bytes)] = static_cast<std::byte>(random.below(256));
    }
    seal(frame.header);
    try {
      ParameterPool pool(kCountMax);
      const Frame again = encode(decode(frame, pool));
      EXPECT_EQ(again.header, frame.header);
    } catch (const DecodeError&) {
    }
  }
}

}  // namespace
}  // namespace hermes::wire
