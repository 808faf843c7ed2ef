#include "hermes/telemetry/run_recorder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "hermes/core/error.hpp"
#include "hermes/telemetry/closing_table.hpp"
#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

using protocol::ReportKind;
using testing::HasSubstr;

RunRecorderConfig config(const TemporaryDirectory& directory, bool quiet = false) {
  return {.directory = directory.path(),
          .facts = {.strategy = "asp", .workers = 1, .seed = 3, .target_accuracy = 0.8},
          .progress = {.quiet = quiet}};
}

void run(RunRecorder& recorder) {
  recorder.info("hello", at_seconds(0.0));
  recorder.record(protocol::WorkerJoined{rank(1)}, at_seconds(0.5), {});
  recorder.record(protocol::TrainingStarted{1}, at_seconds(1.0), {});
  recorder.record(report(1, 1, ReportKind::Push), at_seconds(2.0), {100, 0, 0});
  recorder.record(merged(1, 1, 0), at_seconds(2.0), {100, 0, 0});
  recorder.record(evaluation(1, 0.5, 0.9, true), at_seconds(2.5), {100, 10, 0});
  recorder.record(protocol::StopDecided{protocol::StopReason::TargetAccuracy}, at_seconds(3.0),
                  {100, 10, 0});
}

TEST(RunRecorderTest, one_run_fills_every_file_and_the_screen) {
  const TemporaryDirectory directory;
  std::ostringstream screen;
  RunRecorder recorder(config(directory), screen);
  run(recorder);
  const RunSummary summary = recorder.finish(TestResult{0.6, 0.85}, at_seconds(4.0), {100, 20, 5});

  EXPECT_EQ(summary.test_accuracy, 0.85);
  EXPECT_EQ(summary.bytes, (ByteCounters{100, 20, 5}));
  EXPECT_EQ(summary.seconds_to_target, 2.5);
  EXPECT_EQ(summary.bytes_to_target, 110U);
  EXPECT_EQ(read_summary(directory / "summary.json"), summary);
  EXPECT_EQ(content_of(directory / "metrics.csv"),
            std::string(MetricsCsv::kHeader) +
                "\nreport,2,1,1,0,0,push,10,160,0.5,0,0.125,0.25,,,,,100,0\n"
                "evaluation,2.5,,,1,,,,,,,,,0.5,0.9,,,100,10\n");
  EXPECT_EQ(content_of(directory / "hermes.log"),
            "0.000 info    hello\n"
            "0.500 info    worker 1 joined\n"
            "1.000 info    training starts with 1 worker\n"
            "2.000 info    worker 1 round 1: push, base version 0, 10 steps in 0.500 s, train loss "
            "0.2500\n"
            "2.000 info    version 1: merged worker 1 (staleness 0)\n"
            "2.500 info    version 1: validation loss 0.5000, accuracy 0.9000, best so far\n"
            "3.000 info    training stops: target_accuracy\n");
  EXPECT_EQ(screen.str(),
            "0.5 s  waiting for workers, 1/1 here\n"
            "training starts with 1 worker\n"
            "training stops: target_accuracy\n" +
                closing_table(summary));
}

TEST(RunRecorderTest, quiet_fills_the_files_alone) {
  const TemporaryDirectory directory;
  std::ostringstream screen;
  RunRecorder recorder(config(directory, true), screen);
  run(recorder);
  recorder.warn("careful", at_seconds(3.5));
  recorder.finish(std::nullopt, at_seconds(4.0), {});
  EXPECT_EQ(screen.str(), "");
  EXPECT_FALSE(read_summary(directory / "summary.json").test_accuracy);
  EXPECT_THAT(content_of(directory / "hermes.log"), HasSubstr("3.500 warning careful\n"));
}

TEST(RunRecorderTest, ticks_keep_the_progress_and_the_byte_counters_alive) {
  const TemporaryDirectory directory;
  std::ostringstream screen;
  RunRecorder recorder(config(directory), screen);
  recorder.record(protocol::TrainingStarted{1}, at_seconds(0.0), {});
  recorder.tick(at_seconds(4.9), {1024, 0, 0});
  recorder.tick(at_seconds(5.0), {2048, 0, 0});
  EXPECT_EQ(recorder.statistics().bytes().up, 2048U);
  EXPECT_THAT(screen.str(), HasSubstr("5.0 s  rounds 0  pushes 0  2.0 KiB"));
}

TEST(RunRecorderTest, warnings_appear_on_the_screen) {
  const TemporaryDirectory directory;
  std::ostringstream screen;
  RunRecorder recorder(config(directory), screen);
  recorder.warn("careful", at_seconds(0.0));
  recorder.record(protocol::WorkerLost{rank(1), seconds(10.25)}, at_seconds(11.0), {});
  EXPECT_THAT(screen.str(), HasSubstr("careful\nworker 1 lost (silent 10.2 s)\n"));
}

TEST(RunRecorderTest, a_directory_that_is_not_there_is_bad_input) {
  const TemporaryDirectory directory;
  std::ostringstream screen;
  RunRecorderConfig missing = config(directory);
  missing.directory = directory / "missing";
  EXPECT_THROW(RunRecorder(missing, screen), ConfigError);
}

}  // namespace
}  // namespace hermes::telemetry
