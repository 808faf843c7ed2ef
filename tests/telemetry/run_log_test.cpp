#include "hermes/telemetry/run_log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "hermes/core/error.hpp"
#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

TEST(RunLogTest, lines_carry_the_seconds_of_the_run_and_reach_the_file_at_once) {
  const TemporaryDirectory directory;
  RunLog log(directory / "hermes.log");
  log.info("hermes 0.1.0, 4 workers", at_seconds(0.0));
  log.record(protocol::TrainingStarted{4}, at_seconds(1.25));
  log.record(protocol::WorkerLost{rank(3), seconds(10.2)}, at_seconds(123.4567));
  log.warn("the disk is slow", at_seconds(100000.5));
  EXPECT_EQ(content_of(directory / "hermes.log"),
            "0.000 info    hermes 0.1.0, 4 workers\n"
            "1.250 info    training starts with 4 workers\n"
            "123.456 warning worker 3 lost (silent 10.2 s)\n"
            "100000.500 warning the disk is slow\n");
}

TEST(RunLogTest, one_event_is_one_line_and_braces_are_text) {
  const TemporaryDirectory directory;
  RunLog log(directory / "hermes.log");
  log.info("a\nb {} {0} %v", at_seconds(0.5));
  EXPECT_EQ(content_of(directory / "hermes.log"), "0.500 info    a b {} {0} %v\n");
}

TEST(RunLogTest, a_new_log_begins_afresh_and_two_logs_do_not_mix) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "a.log") << "old\n";
  RunLog a(directory / "a.log");
  RunLog b(directory / "b.log");
  a.info("one", at_seconds(1.0));
  b.info("two", at_seconds(2.0));
  RunLog moved = std::move(a);
  moved.info("three", at_seconds(3.0));
  EXPECT_EQ(content_of(directory / "a.log"), "1.000 info    one\n3.000 info    three\n");
  EXPECT_EQ(content_of(directory / "b.log"), "2.000 info    two\n");
}

TEST(RunLogTest, a_file_that_cannot_be_opened_is_an_error_that_names_it) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "hermes.log");
  try {
    const RunLog log(directory / "hermes.log");
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()),
              (directory / "hermes.log").string() + ": cannot be opened for writing");
  }
}

TEST(RunLogTest, a_full_disk_is_a_run_time_error) {
  if (!std::filesystem::exists("/dev/full")) {
    GTEST_SKIP() << "this system has no /dev/full";
  }
  RunLog log("/dev/full");
  EXPECT_THROW(log.info("text", at_seconds(0.0)), RuntimeError);
}

}  // namespace
}  // namespace hermes::telemetry
