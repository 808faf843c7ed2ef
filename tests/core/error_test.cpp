#include "hermes/core/error.hpp"

#include <gtest/gtest.h>

namespace hermes {
namespace {

TEST(ErrorTest, a_message_is_one_line_whatever_it_quotes) {
  EXPECT_STREQ(DataError("a.csv: found 'x\ny\x1b[2J\x7f'").what(), "a.csv: found 'x y [2J '");
  EXPECT_STREQ(ConfigError("größe").what(), "größe");
}

TEST(ErrorTest, a_long_message_keeps_both_ends) {
  const std::string message = "a.csv: " + std::string(1 << 20, 'x') + ", found nothing";
  const std::string what = DecodeError(message).what();
  EXPECT_LE(what.size(), 900U);
  EXPECT_TRUE(what.starts_with("a.csv: xxx"));
  EXPECT_TRUE(what.ends_with("xxx, found nothing"));
}

}  // namespace
}  // namespace hermes
