// A worker that is slowed down: takes longer, says so, and goes on answering.
#include <gtest/gtest.h>

#include <memory>

#include "hermes/runtime/worker_node.hpp"
#include "hermes/transport/in_proc_network.hpp"
#include "hermes/wire/codec.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

/// A worker against a server that the test plays; each look at the clock takes a millisecond.
class SlowdownTest : public testing::Test {
 protected:
  SlowdownTest() { run_.config.strategy.type = StrategyKind::Bsp; }

  /// Turns until the worker has reported its first round.
  protocol::Report first_report(double slowdown) {
    const RunInputs inputs(run_.config);
    const std::size_t payload = inputs.parameter_count() * sizeof(float);
    double time = 0.0;
    transport::InProcNetwork network(
        2, {.header_bytes_max = wire::kHeaderBytesMax, .payload_bytes_max = payload},
        {.now = [&time] { return at_seconds(time += 0.001); }});
    const auto server_side = network.endpoint(kServerRank);
    const auto worker_side = network.endpoint(Rank{1});
    Channel server(*server_side, payload);
    Channel channel(*worker_side, payload);
    Trainer trainer(inputs, Rank{1});
    WorkerNode worker(inputs, channel, trainer, {.memory = {}, .slowdown = slowdown});
    server.send(Rank{1}, {protocol::Release{
                              .ticket = Ticket{1},
                              .model = protocol::ModelSource::Initial,
                              .assignment = {.pool_count = 64, .shard_rows = 64, .minibatch = 16}},
                          {}});
    heartbeats_ = 0;
    for (int turn = 0; turn < 1'000'000; ++turn) {
      worker.turn();
      while (auto incoming = server.receive()) {
        if (const auto* report = std::get_if<protocol::Report>(&incoming->message->body)) {
          return *report;
        }
        heartbeats_ += std::holds_alternative<protocol::Heartbeat>(incoming->message->body) ? 1 : 0;
      }
    }
    ADD_FAILURE() << "no report";
    return {};
  }

  test::TestRun run_;
  int heartbeats_ = 0;
};

TEST_F(SlowdownTest, idle_time_counts_as_computing) {
  const protocol::Report plain = first_report(1.0);
  const protocol::Report slow = first_report(50.0);
  EXPECT_EQ(slow.steps, plain.steps);
  EXPECT_NEAR(slow.compute_seconds, 50.0 * plain.compute_seconds, 1e-6);
  EXPECT_GT(slow.round_seconds, 49.0 * plain.compute_seconds);
}

TEST_F(SlowdownTest, heartbeats_go_on_between_the_slices) {
  run_.config.liveness.heartbeat = seconds(0.01);
  first_report(100.0);
  EXPECT_GT(heartbeats_, 10);
}

}  // namespace
}  // namespace hermes::runtime
