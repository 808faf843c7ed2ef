#include "hermes/telemetry/human_units.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace hermes::telemetry {
namespace {

TEST(HumanUnitsTest, bytes_take_the_unit_that_keeps_them_below_1024) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(1048575), "1.0 MiB");
  EXPECT_EQ(human_bytes(20ULL * 1024 * 1024 + 314573), "20.3 MiB");
  EXPECT_EQ(human_bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(HumanUnitsTest, counts_take_the_unit_that_keeps_them_below_1000) {
  EXPECT_EQ(human_count(0.0), "0");
  EXPECT_EQ(human_count(3.456), "3.46");
  EXPECT_EQ(human_count(999.4), "999");
  EXPECT_EQ(human_count(999.6), "1.0k");
  EXPECT_EQ(human_count(12345.0), "12.3k");
  EXPECT_EQ(human_count(999990.0), "1.0M");
  EXPECT_EQ(human_count(4.5e6), "4.5M");
}

TEST(HumanUnitsTest, durations_change_from_seconds_to_minutes_to_hours) {
  EXPECT_EQ(human_duration(seconds(0.0)), "0.0 s");
  EXPECT_EQ(human_duration(seconds(12.34)), "12.3 s");
  EXPECT_EQ(human_duration(seconds(59.94)), "59.9 s");
  EXPECT_EQ(human_duration(seconds(59.96)), "1m 00s");
  EXPECT_EQ(human_duration(seconds(125.4)), "2m 05s");
  EXPECT_EQ(human_duration(seconds(3599.7)), "1h 00m");
  EXPECT_EQ(human_duration(seconds(3725.0)), "1h 02m");
}

TEST(HumanUnitsTest, durations_that_are_none_are_a_question_mark) {
  EXPECT_EQ(human_duration(seconds(-1.0)), "?");
  EXPECT_EQ(human_duration(seconds(std::numeric_limits<double>::quiet_NaN())), "?");
  EXPECT_EQ(human_duration(seconds(std::numeric_limits<double>::infinity())), "?");
}

TEST(HumanUnitsTest, grouped_sets_a_comma_before_every_third_digit) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(HumanUnitsTest, counted_things_take_an_s_unless_there_is_one) {
  EXPECT_EQ(counted(0, "worker"), "0 workers");
  EXPECT_EQ(counted(1, "worker"), "1 worker");
  EXPECT_EQ(counted(12, "worker"), "12 workers");
}

}  // namespace
}  // namespace hermes::telemetry
