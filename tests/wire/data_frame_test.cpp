#include <gmock/gmock.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/wire/codec.hpp"
#include "hermes/wire/data_message.hpp"
#include "wire/checksum.hpp"
#include "wire/frame_probes.hpp"
#include "wire/sample_messages.hpp"

namespace hermes::wire {
namespace {

using testing::hex;

using ::testing::HasSubstr;
using testing::received;

constexpr std::size_t kPayloadBytesMax = 4096;
constexpr std::size_t kBodyAt = 32;
// Places in DataBody.
constexpr std::size_t kAskDataset = 0;
constexpr std::size_t kAskRows = 1;
constexpr std::size_t kDatasetFacts = 2;
constexpr std::size_t kRowSlice = 3;
constexpr std::size_t kRowsFailed = 4;

SharedBytes block(std::vector<std::uint8_t> values) {
  const auto bytes = std::as_bytes(std::span(values));
  auto owner = std::make_shared<const AlignedVector<std::byte>>(bytes.begin(), bytes.end());
  return {owner, *owner};
}

/// One of each kind, every field different from its neighbours.
std::vector<DataMessage> one_of_each_data() {
  return {
      {AskDataset{}, {}},
      {AskRows{1, false, protocol::RowOrder::ByLabel, 2, 3, 4, 5, 6}, {}},
      {DatasetFacts{"a.h5", 3, 32, 31, false, true, true, 5, 100, 20, 7, 9}, block({1, 2, 3, 4})},
      {RowSlice{8, 9, 2}, block({0, 0, 0, 0, 1, 0, 0, 0, 9, 8, 0, 0})},
      {RowsFailed{10, "no row"}, {}},
      {StateSlice{11, 12, 8}, block({1, 0, 2, 0})},
  };
}

bool same(const DataMessage& a, const DataMessage& b) {
  return a.body == b.body && std::ranges::equal(a.payload.bytes, b.payload.bytes);
}

/// Written down: a difference is a change of the format, and kDataWireVersion must grow.
constexpr std::array<const char*, 6> kGolden = {
    // ask dataset: prelude, body, checksum
    "48524d4404000000000000000000000036638d7536638d750000000000000000"
    "7aa5fb40",
    // ask rows: prelude, body, checksum
    "48524d4404000100000000000000000036638d7536638d753200000000000000"
    "0100000000000000000102000000000000000300000000000000040000000000"
    "000005000000000000000600000000000000"
    "c9987f57",
    // dataset facts: prelude, body, checksum
    "48524d44040002000400000000000000778fc776778fc7764900000000000000"
    "0400612e6835030000000000000020000000000000001f000000000000000001"
    "0105000000000000006400000000000000140000000000000007000000000000"
    "000900000000000000"
    "2471113d",
    // row slice: prelude, body, checksum
    "48524d44040003000c0000000000000017fe0f8517fe0f851800000000000000"
    "080000000000000009000000000000000200000000000000"
    "c21785f3",
    // rows failed: prelude, body, checksum
    "48524d4404000400000000000000000036638d7536638d751000000000000000"
    "0a0000000000000006006e6f20726f77"
    "831f1fff",
    // state slice: prelude, body, checksum
    "48524d440400050004000000000000000288fe4d0288fe4d1800000000000000"
    "0b000000000000000c000000000000000800000000000000"
    "326eeb58",
};

TEST(DataFrameTest, every_kind_is_written_as_ever) {
  const std::vector<DataMessage> messages = one_of_each_data();
  ASSERT_EQ(messages.size(), std::variant_size_v<DataBody>);
  for (std::size_t kind = 0; kind < messages.size(); ++kind) {
    EXPECT_EQ(hex(encode_data(messages[kind]).header), kGolden[kind]) << "kind " << kind;
  }
}

TEST(DataFrameTest, every_kind_comes_back_as_it_was_without_a_copy_of_its_payload) {
  for (const DataMessage& message : one_of_each_data()) {
    const Frame frame = encode_data(message);
    EXPECT_EQ(frame.payload.bytes.data(), message.payload.bytes.data());
    const Frame arrived = received(frame);
    const DataMessage decoded = decode_data(arrived, kPayloadBytesMax);
    EXPECT_TRUE(same(decoded, message));
    EXPECT_EQ(decoded.payload.bytes.data(), arrived.payload.bytes.data());
  }
}

TEST(DataFrameTest, frames_of_the_protocol_and_of_the_data_are_told_apart) {
  ParameterPool pool(kPayloadBytesMax / sizeof(float));
  for (const DataMessage& message : one_of_each_data()) {
    const Frame frame = encode_data(message);
    EXPECT_TRUE(is_data_frame(frame));
    EXPECT_THROW(decode(frame, pool), DecodeError);
  }
  for (const protocol::Message& message : testing::one_of_each()) {
    const Frame frame = encode(message);
    EXPECT_FALSE(is_data_frame(frame));
    EXPECT_THROW(decode_data(frame, kPayloadBytesMax), DecodeError);
  }
  EXPECT_FALSE(is_data_frame({}));
}

/// Makes the frame's checksum right again, as a hostile sender would.
void seal(HeaderBytes& header) {
  const std::uint32_t crc = crc32(std::span(header).first(header.size() - 4));
  std::memcpy(header.data() + header.size() - 4, &crc, 4);
}

/// The message of the DecodeError that decoding throws; empty when it does not.
std::string decode_error(const Frame& frame, std::size_t payload_bytes_max = kPayloadBytesMax) {
  try {
    decode_data(frame, payload_bytes_max);
  } catch (const DecodeError& error) {
    EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("\n")));
    return error.what();
  }
  return {};
}

TEST(MalformedDataFrameTest, a_header_or_body_cut_anywhere_is_rejected) {
  for (const DataMessage& message : one_of_each_data()) {
    const Frame whole = received(encode_data(message));
    for (Frame frame = whole; !frame.header.empty();) {
      frame.header.resize(frame.header.size() - 1);
      EXPECT_NE(decode_error(frame), "") << frame.header.size();
    }
    for (Frame frame = whole; frame.header.size() > kBodyAt + 4;) {
      frame.header.resize(frame.header.size() - 1);
      const std::uint64_t body = frame.header.size() - kBodyAt - 4;
      std::memcpy(frame.header.data() + 24, &body, sizeof(body));
      seal(frame.header);
      EXPECT_THAT(decode_error(frame), HasSubstr("message body: ends early"));
    }
  }
}

TEST(MalformedDataFrameTest, a_flipped_bit_anywhere_is_rejected) {
  for (const DataMessage& message : one_of_each_data()) {
    const Frame frame = encode_data(message);
    testing::flip_each_header_bit(frame, [](const Frame& flipped, std::size_t bit) {
      EXPECT_NE(decode_error(flipped), "") << "bit " << bit;
    });
    testing::flip_each_payload_bit(frame, [](const Frame& flipped, std::size_t bit) {
      EXPECT_THAT(decode_error(flipped), HasSubstr("payload: checksum")) << "bit " << bit;
    });
  }
}

TEST(MalformedDataFrameTest, a_payload_of_any_other_length_is_rejected) {
  const Frame frame = received(encode_data(one_of_each_data()[kRowSlice]));
  for (std::size_t length = 0; length < 12; ++length) {
    Frame cut = frame;
    cut.payload.bytes = frame.payload.bytes.first(length);
    EXPECT_THAT(decode_error(cut), HasSubstr("data payload: bytes: expected 12"));
  }
  EXPECT_THAT(decode_error(frame, 11), HasSubstr("data payload: bytes at most: expected 11"));
  EXPECT_EQ(decode_error(frame, 12), "");
}

struct PokeCase {
  std::size_t kind;
  std::size_t offset;
  std::uint8_t value;
  const char* error;
};

TEST(MalformedDataFrameTest, a_well_sealed_frame_with_a_wrong_field_is_rejected_by_name) {
  const PokeCase cases[] = {
      {kAskRows, 0, 'X', "expected a data frame"},
      {kAskRows, 4, 7, "wire version: expected 4, found 7"},
      {kAskRows, 6, 6, "kind at most: expected 5, found 6"},
      {kAskRows, 7, 1, "kind at most: expected 5, found 257"},
      {kAskDataset, 24, 1, "body bytes: expected 0, found 1"},
      {kAskRows, kBodyAt + 8, 2, "evaluation: expected 0 or 1, found 2"},
      {kAskRows, kBodyAt + 9, 2, "row order: expected at most 1, found 2"},
      {kRowsFailed, kBodyAt + 9, 2, "what: expected at most 256 bytes, found 518"},
      {kDatasetFacts, kBodyAt + 30, 9, "flat: expected 0 or 1, found 9"},
      {kAskRows, 8, 4, "payload: expected none for this body, found 4 bytes"},
      {kRowSlice, 8, 0, "payload: expected bytes for this body, found none"},
      {kRowSlice, 8, 16, "payload: bytes: expected 16, found 12"},
  };
  for (const PokeCase& c : cases) {
    Frame frame = received(encode_data(one_of_each_data()[c.kind]));
    frame.header[c.offset] = static_cast<std::byte>(c.value);
    seal(frame.header);
    EXPECT_THAT(decode_error(frame), HasSubstr(c.error));
  }
}

TEST(MalformedDataFrameTest, a_payload_that_is_not_of_whole_words_is_rejected) {
  Frame frame = received(encode_data(one_of_each_data()[kRowSlice]));
  frame.header[8] = std::byte{11};
  seal(frame.header);
  frame.payload.bytes = frame.payload.bytes.first(11);
  EXPECT_THAT(decode_error(frame), HasSubstr("expected whole words, found 11 bytes"));
}

}  // namespace
}  // namespace hermes::wire
