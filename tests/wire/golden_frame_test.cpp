#include <gtest/gtest.h>

#include <array>
#include <string>

#include "hermes/wire/codec.hpp"
#include "wire/sample_messages.hpp"

namespace hermes::wire {
namespace {

/// One header of each kind, written down. A difference is a change of the format: then
/// kWireVersion must grow, and these lines are printed by the failing test.
constexpr std::array<const char*, 7> kGoldenHeaders = {
    // join: prelude, body, checksum
    "48524d5303000000000000000000000036638d7536638d751f00000000000000"
    "0500302e312e3088776655443322112a000000000000002823000000000000"
    "e7c94daf",
    // report: prelude, body, checksum
    "48524d53030001000300000000000000adab869badab869b8300000000000000"
    "0002010100000000000000020000000000000003000000000000000400000005"
    "000000000000000600000000000000000000000000e03f000000000000d83f00"
    "0000000000e43f000000000000d03f000000000000c0bf000000000000004000"
    "0000000000f8bf000000000000f03f000000000000e83f000000000000f4bf07"
    "000000"
    "b7f18a58",
    // heartbeat: prelude, body, checksum
    "48524d5303000200000000000000000036638d7536638d750000000000000000"
    "fe991625",
    // leave: prelude, body, checksum
    "48524d5303000300000000000000000036638d7536638d754a00000000000000"
    "0801000000000000000200000000000000030000000000000004000000000000"
    "000500000000000000000000000000e03f000000000000c03f000000000000d0"
    "3f07006e6f20726f7773"
    "4f2f9d7e",
    // release: prelude, body, checksum
    "48524d53030004000100000000000000dad34a58dad34a585200000000000000"
    "0800000000000000090000000000000002030000000000000001050000000000"
    "0000130000001700000007000000000000000b000000000000000d0000000000"
    "00001100000002000000000000000000e83f"
    "b5c45205",
    // collect: prelude, body, checksum
    "48524d5303000500000000000000000036638d7536638d750800000000000000"
    "0a00000000000000"
    "099f6134",
    // stop: prelude, body, checksum
    "48524d5303000600000000000000000036638d7536638d750b00000000000000"
    "00030000000400646f6e65"
    "5d02ab66",
};

std::string hex(std::span<const std::byte> bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4U];
    text += kDigits[std::to_integer<unsigned>(byte) & 15U];
  }
  return text;
}

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
    EXPECT_TRUE(testing::same(decode(frame, 4096), messages[kind])) << "kind " << kind;
  }
}

TEST(GoldenFrameTest, the_payload_is_the_parameters_as_they_lie_in_memory) {
  EXPECT_EQ(hex(encode(testing::one_of_each()[1]).payload.bytes), "0000803f000000c00000003f");
}

}  // namespace
}  // namespace hermes::wire
