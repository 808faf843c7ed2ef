#include "hermes/core/hash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

namespace hermes {
namespace {

TEST(Fnv1aTest, published_values_of_short_texts) {
  EXPECT_EQ(Fnv1a().value(), 0xCBF29CE484222325ULL);
  EXPECT_EQ(Fnv1a().add("a").value(), 0xAF63DC4C8601EC8CULL);
  EXPECT_EQ(Fnv1a().add("foobar").value(), 0x85944171F73967E8ULL);
}

TEST(Fnv1aTest, pieces_hash_as_the_whole) {
  EXPECT_EQ(Fnv1a().add("foo").add("bar").value(), Fnv1a().add("foobar").value());
}

TEST(Fnv1aTest, numbers_are_eight_little_endian_bytes) {
  constexpr std::array<std::byte, 8> kBytes{std::byte{2}, std::byte{1}};
  EXPECT_EQ(Fnv1a().add(std::uint64_t{0x0102}).value(), Fnv1a().add(kBytes).value());
}

}  // namespace
}  // namespace hermes
