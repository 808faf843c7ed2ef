#include "report/log_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hermes::report {
namespace {

Log read(std::initializer_list<const char*> lines) {
  Log log;
  for (const char* line : lines) {
    read_log_line(line, log);
  }
  return log;
}

TEST(LogReaderTest, assignments_are_read) {
  const Log log =
      read({"1.250 info    worker 3 assigned 500 rows at a time of the 8000 from 0 on, "
            "mini-batches of 16: round time 2 s above the upper fence"});
  ASSERT_EQ(log.assignments.size(), 1U);
  EXPECT_EQ(log.assignments[0].seconds, 1.25);
  EXPECT_EQ(log.assignments[0].rank, 3U);
  EXPECT_EQ(log.assignments[0].rows, 500U);
  EXPECT_EQ(log.assignments[0].minibatch, 16U);
  EXPECT_TRUE(log.events.empty());
}

TEST(LogReaderTest, warnings_and_returns_are_events) {
  const Log log =
      read({"0.010 info    worker 1 joined", "3.000 warning worker 2 lost (silent 1.5 s)",
            "4.000 info    worker 2 is back", "5.000 info    training goes on from version 3"});
  ASSERT_EQ(log.events.size(), 3U);
  EXPECT_TRUE(log.events[0].is_warning);
  EXPECT_EQ(log.events[0].text, "worker 2 lost (silent 1.5 s)");
  EXPECT_FALSE(log.events[1].is_warning);
  EXPECT_EQ(log.event_count, 3U);
}

TEST(LogReaderTest, anything_else_is_passed_over) {
  const Log log = read({"", " ", "nonsense", "nan warning x", "1e999 warning x", "5", "5 info",
                        "5 info worker 99999999999999 assigned 1 rows mini-batches of 1"});
  EXPECT_TRUE(log.assignments.empty());
  EXPECT_TRUE(log.events.empty());
}

TEST(LogReaderTest, a_flood_of_warnings_is_counted_but_not_kept) {
  Log log;
  const std::string line = "1.000 warning " + std::string(10'000, 'x');
  for (int i = 0; i < 10'000; ++i) {
    read_log_line(line, log);
  }
  EXPECT_EQ(log.event_count, 10'000U);
  EXPECT_LE(log.events.size(), 200U);
  EXPECT_LE(log.events[0].text.size(), 400U);
}

}  // namespace
}  // namespace hermes::report
