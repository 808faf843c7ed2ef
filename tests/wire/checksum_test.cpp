#include "wire/checksum.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"

namespace hermes::wire {
namespace {

TEST(ChecksumTest, crc32_has_the_published_check_value) {
  constexpr std::string_view kCheck = "123456789";
  EXPECT_EQ(crc32(std::as_bytes(std::span(kCheck))), 0xCBF43926U);
}

/// The definition, one word at a time.
std::uint64_t slow_checksum(const std::vector<std::uint32_t>& words) {
  std::vector<std::uint32_t> sums(16);
  std::vector<std::uint32_t> sums_of_sums(16);
  for (std::size_t i = 0; i < (words.size() + 15) / 16 * 16; ++i) {
    sums[i % 16] += i < words.size() ? words[i] : 0;
    sums_of_sums[i % 16] += sums[i % 16];
  }
  return crc32(std::as_bytes(std::span(sums))) |
         std::uint64_t{crc32(std::as_bytes(std::span(sums_of_sums)))} << 32U;
}

TEST(ChecksumTest, payload_checksum_equals_the_slow_version_for_every_length) {
  RandomStream random(1, RandomPurpose::Test);
  for (std::size_t count = 0; count < 70; ++count) {
    std::vector<std::uint32_t> words(count);
    for (std::uint32_t& word : words) {
      word = static_cast<std::uint32_t>(random.next());
    }
    for (const SimdTarget target : supported_simd_targets()) {
      const SimdTargetScope scope(target);
      EXPECT_EQ(payload_checksum(std::as_bytes(std::span(words))), slow_checksum(words))
          << count << ", " << to_string(target);
    }
  }
}

TEST(ChecksumTest, payload_checksum_fills_the_last_word_up_with_zeros) {
  const std::vector<std::uint32_t> words{1, 2, 0x00030201};
  const auto bytes = std::as_bytes(std::span(words));
  EXPECT_EQ(payload_checksum(bytes.first(11)), slow_checksum(words));
  EXPECT_NE(payload_checksum(bytes.first(10)), slow_checksum(words));
}

TEST(ChecksumTest, payload_checksum_changes_with_every_bit_and_with_the_order) {
  RandomStream random(2, RandomPurpose::Test);
  std::vector<std::uint32_t> words(40);
  for (std::uint32_t& word : words) {
    word = static_cast<std::uint32_t>(random.next());
  }
  const std::uint64_t right = payload_checksum(std::as_bytes(std::span(words)));
  for (std::uint32_t& word : words) {
    for (unsigned bit = 0; bit < 32; ++bit) {
      word ^= 1U << bit;
      EXPECT_NE(payload_checksum(std::as_bytes(std::span(words))), right);
      word ^= 1U << bit;
    }
  }
  std::swap(words[0], words[16]);  // the same lane
  EXPECT_NE(payload_checksum(std::as_bytes(std::span(words))), right);
}

}  // namespace
}  // namespace hermes::wire
