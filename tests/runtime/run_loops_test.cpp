#include "hermes/runtime/run_loops.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <sstream>

#include "data/support.hpp"
#include "hermes/runtime/channel.hpp"
#include "hermes/runtime/worker_node.hpp"
#include "hermes/transport/in_proc_network.hpp"
#include "hermes/wire/codec.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using protocol::StopReason;
using testing::HasSubstr;

TEST(ExitCodeTest, follows_the_documented_table) {
  const std::map<StopReason, int> table{
      {StopReason::Patience, 0},   {StopReason::TargetAccuracy, 0}, {StopReason::MaxRounds, 0},
      {StopReason::MaxSeconds, 0}, {StopReason::MaxBytes, 0},       {StopReason::Refused, 2},
      {StopReason::BadInput, 2},   {StopReason::Interrupted, 3},    {StopReason::NoWorkers, 3},
      {StopReason::Failed, 3},     {StopReason::ServerLost, 3},
  };
  for (const auto& [reason, code] : table) {
    EXPECT_EQ(exit_code({.reason = reason, .detail = {}}), code) << protocol::to_string(reason);
  }
}

/// Two ranks in simulated time; a loop that finds no mail moves the clock on instead of sleeping.
class RunLoopsTest : public testing::Test {
 protected:
  RunOutcome serve_alone() {
    const RunDirectory directory(run_.directory.path() / "out", run_.config);
    return serve(inputs_, directory, *server_, {screen_, stop_, {.quiet = true}});
  }

  test::TestRun run_;
  RunInputs inputs_{run_.config};
  transport::InProcNetwork network_{2,
                                    {.header_bytes_max = wire::kHeaderBytesMax,
                                     .payload_bytes_max = inputs_.parameter_count() * 4}};
  std::unique_ptr<transport::Transport> server_ = network_.endpoint(kServerRank);
  std::unique_ptr<transport::Transport> worker_ = network_.endpoint(Rank{1});
  std::ostringstream screen_;
  std::atomic<bool> stop_ = false;
};

TEST_F(RunLoopsTest, server_without_workers_gives_up_after_the_gather_timeout) {
  const RunOutcome outcome = serve_alone();
  EXPECT_EQ(outcome.reason, StopReason::NoWorkers);
  EXPECT_GE(server_->now(), Instant{} + run_.config.liveness.gather_timeout);
  EXPECT_THAT(data::test::read_bytes(run_.directory.path() / "out" / "hermes.log"),
              HasSubstr("no model to save"));
}

TEST_F(RunLoopsTest, worker_without_a_server_gives_up_after_the_server_timeout) {
  const RunOutcome outcome = work(inputs_, *worker_);
  EXPECT_EQ(outcome.reason, StopReason::ServerLost);
  EXPECT_THAT(outcome.detail, HasSubstr("silent"));
  EXPECT_GE(worker_->now(), Instant{} + run_.config.liveness.server_timeout);
}

TEST_F(RunLoopsTest, workers_turned_away_go_home_at_once) {
  turn_workers_away(*server_, StopReason::BadInput);
  EXPECT_EQ(work(inputs_, *worker_).reason, StopReason::BadInput);
  EXPECT_LT(worker_->now(), at_seconds(1.0));
}

TEST_F(RunLoopsTest, bad_input_of_a_worker_ends_the_run_and_is_logged) {
  report_bad_input(*worker_, "w.h5: no such file");
  const RunOutcome outcome = serve_alone();
  EXPECT_EQ(outcome.reason, StopReason::BadInput);
  EXPECT_LT(server_->now(), at_seconds(1.0));
  EXPECT_THAT(data::test::read_bytes(run_.directory.path() / "out" / "hermes.log"),
              HasSubstr("w.h5: no such file"));
}

TEST_F(RunLoopsTest, worker_of_another_run_is_refused_with_the_reason) {
  RunConfig other_config = run_.config;
  other_config.seed = 99;
  const RunInputs other(other_config);
  Channel channel(*server_, inputs_.parameter_count());
  std::ostringstream screen;
  telemetry::RunRecorderConfig recorder_config;
  recorder_config.directory = run_.directory.path();
  recorder_config.progress.quiet = true;
  telemetry::RunRecorder recorder(recorder_config, screen);
  ServerNode node(inputs_, 1, channel, recorder);
  Channel worker_channel(*worker_, other.parameter_count());
  Trainer trainer(other, Rank{1});
  WorkerNode worker(other, worker_channel, trainer);
  for (int turn = 0; turn < 10 && !worker.is_finished(); ++turn) {
    worker.turn();
    node.turn();
  }
  EXPECT_EQ(worker.reason(), StopReason::Refused);
  EXPECT_THAT(worker.detail(), HasSubstr("differs from the server in: "));
}

}  // namespace
}  // namespace hermes::runtime
