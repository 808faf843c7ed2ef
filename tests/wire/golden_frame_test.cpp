#include <gtest/gtest.h>

#include <array>
#include <string>

#include "hermes/wire/codec.hpp"
#include "wire/frame_probes.hpp"
#include "wire/sample_messages.hpp"

namespace hermes::wire {
namespace {

using testing::hex;

/// One header of each kind, written down. A difference is a change of the format: then
/// kWireVersion must grow, and these lines are printed by the failing test.
constexpr std::array<const char*, 8> kGoldenHeaders = {
    // join: prelude, body, checksum
    "48524d5306000000000000000000000036638d7536638d752900000000000000"
    "0500302e312e300200887766554433221107000000000000002a000000000000"
    "002823000000000000"
    "6dd62a4a",
    // report: prelude, body, checksum
    "48524d53060001000300000000000000adab869badab869b8d00000000000000"
    "0002010001000000000000000200000000000000030000000000000004000000"
    "05000000000000000600000000000000000000000000e03f000000000000dc3f"
    "000000000000d83f000000000000e43f000000000000d03f000000000000c0bf"
    "0000000000000040000000000000f8bf000000000000f03f000000000000e83f"
    "000000000000f4bf0700000002"
    "b90a29fb",
    // heartbeat: prelude, body, checksum
    "48524d5306000200000000000000000036638d7536638d750000000000000000"
    "97907422",
    // leave: prelude, body, checksum
    "48524d5306000300000000000000000036638d7536638d756200000000000000"
    "0801000000000000000200000000000000030000000000000004000000000000"
    "000500000000000000000000000000e03f000000000000b03f000000000000c0"
    "3f000000000000d03f000000000000e83f000000000000004007006e6f20726f"
    "7773"
    "28aaaf8f",
    // release: prelude, body, checksum
    "48524d53060004000100000000000000dad34a58dad34a585a00000000000000"
    "0800000000000000090000000000000002030000000000000001050000000000"
    "0000130000001700000007000000000000000b000000000000000d0000000000"
    "00001100000002000000000000000000e83f000000000000d83f"
    "fb1225ae",
    // collect: prelude, body, checksum
    "48524d5306000500000000000000000036638d7536638d751000000000000000"
    "0a00000000000000000000000000d03f"
    "657254ec",
    // stop: prelude, body, checksum
    "48524d5306000600000000000000000036638d7536638d750b00000000000000"
    "00030000000400646f6e65"
    "112177c9",
    // capture: prelude, body, checksum
    "48524d5306000700000000000000000036638d7536638d750100000000000000"
    "01"
    "2bc9fad3",
};

Bytes bytes_of(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(
        static_cast<std::byte>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(GoldenFrameTest, every_kind_is_written_as_ever) {
  const auto messages = testing::one_of_each();
  ASSERT_EQ(messages.size(), kGoldenHeaders.size());
  for (std::size_t kind = 0; kind < messages.size(); ++kind) {
    EXPECT_EQ(hex(encode(messages[kind]).header), kGoldenHeaders[kind]) << "kind " << kind;
  }
}

TEST(GoldenFrameTest, every_golden_frame_is_read_as_its_message) {
  const auto messages = testing::one_of_each();
  for (std::size_t kind = 0; kind < messages.size(); ++kind) {
    const SharedParameters& payload = messages[kind].payload;
    const Frame frame{bytes_of(kGoldenHeaders[kind]),
                      {payload.owner(), std::as_bytes(payload.values())}};
    ParameterPool pool(3);
    EXPECT_TRUE(testing::same(decode(frame, pool), messages[kind])) << "kind " << kind;
  }
}

struct PayloadCase {
  PayloadEncoding encoding;
  const char* prelude;  ///< without the length of the body
  const char* payload;
};

/// A release of 8 parameters, all zero (one of them -0) but 1 at place 2 and -2.5 at place 7.
constexpr PayloadCase kGoldenPayloads[] = {
    {PayloadEncoding::Fp32, "48524d53060004000800000000000000f4daeb5af4daeb5a",
     "00000000000000000000803f0000000000000000"
     "0000000000000080000020c0"},
    {PayloadEncoding::Fp16, "48524d53060004010800000000000000d43c9da0d43c9da0",
     "00000000003c000000000000008000c1"},
    {PayloadEncoding::Bf16, "48524d53060004020800000000000000b6f85611b6f85611",
     "00000000803f000000000000008020c0"},
    {PayloadEncoding::Sparse, "48524d53060004030800000000000000a117fb8ea117fb8e",
     "02000000070000000000803f000020c0"},
    {PayloadEncoding::Int8, "48524d53060004040800000000000000cccc90fecccc90fe",
     "0043a13c0000330000000081"},
};

TEST(GoldenFrameTest, every_encoding_of_a_payload_is_written_as_ever) {
  protocol::Message message = testing::one_of_each()[4];
  message.payload = testing::parameters({0.0F, 0.0F, 1.0F, 0.0F, 0.0F, 0.0F, -0.0F, -2.5F});
  for (const PayloadCase& golden : kGoldenPayloads) {
    const Frame frame = encode(message, golden.encoding);
    EXPECT_EQ(hex(std::span(frame.header).first(24)), golden.prelude);
    EXPECT_EQ(hex(frame.payload.bytes), golden.payload);
  }
}

}  // namespace
}  // namespace hermes::wire
