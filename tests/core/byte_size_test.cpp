#include "hermes/core/byte_size.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "hermes/core/random.hpp"

namespace hermes {
namespace {

TEST(ByteSizeTest, reads_numbers_with_units) {
  const std::map<std::string, std::uint64_t> table{
      {"0B", 0},
      {"7B", 7},
      {"2KiB", 2048},
      {"512MiB", 536870912},
      {"3GiB", 3221225472},
      {"2KB", 2000},
      {"5MB", 5000000},
      {"1GB", 1000000000},
      {"1.5GiB", 1610612736},
      {"512 MiB", 536870912},
      {"0.5B", 0},
      {"8388608GiB", 1ULL << 53},
  };
  for (const auto& [text, bytes] : table) {
    EXPECT_EQ(parse_byte_size(text), bytes) << text;
  }
}

TEST(ByteSizeTest, refuses_everything_else) {
  for (const char* text : {"", "512", "MiB", "-1B", "-0B", "1TiB", "1mib", "1 MiB ", " 1MiB",
                           "1e3B", "nanB", "infB", "8388609GiB", "0x10B", "1,5GiB", "1MiBs"}) {
    EXPECT_EQ(parse_byte_size(text), std::nullopt) << text;
  }
}

TEST(ByteSizeTest, text_reads_back_as_the_same_number) {
  EXPECT_EQ(byte_size_text(0), "0B");
  EXPECT_EQ(byte_size_text(1000), "1000B");
  EXPECT_EQ(byte_size_text(std::uint64_t{512} << 20U), "512MiB");
  RandomStream random(1, RandomPurpose::Test);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t bytes = random.below(std::uint64_t{1} << random.below(44))
                                << random.below(10);
    EXPECT_EQ(parse_byte_size(byte_size_text(bytes)), bytes);
  }
}

}  // namespace
}  // namespace hermes
