// Work is charged to the transport, so that it takes time where time is simulated.
#include "hermes/runtime/compute_cost.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <sstream>

#include "hermes/runtime/run_loops.hpp"
#include "hermes/runtime/worker_node.hpp"
#include "hermes/transport/in_proc_network.hpp"
#include "hermes/wire/codec.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

constexpr double kSpeed = 1e6;  // operations per second

/// A machine on which nothing takes time but what is charged, and sleep.
struct Machine {
  double flops = 0.0;
  double slept = 0.0;

  transport::LocalTime time() {
    return {.now = [this] { return at_seconds(flops / kSpeed + slept); },
            .pause = [this](Duration duration) { slept += duration.count(); },
            .compute = [this](double more) { flops += more; }};
  }
};

class ComputeCostTest : public testing::Test {
 protected:
  static transport::TransportLimits limits(std::size_t values) {
    return {.header_bytes_max = wire::kHeaderBytesMax, .payload_bytes_max = values * sizeof(float)};
  }

  /// The first report of a worker on 64 rows whose server the test plays.
  protocol::Report first_report(const RunInputs& inputs) {
    const std::size_t values = inputs.parameter_count();
    transport::InProcNetwork network(2, limits(values), machine_.time());
    const auto server_side = network.endpoint(kServerRank);
    const auto worker_side = network.endpoint(Rank{1});
    Channel server(*server_side, values);
    Channel channel(*worker_side, values);
    Trainer trainer(inputs, Rank{1});
    WorkerNode worker(inputs, channel, trainer);
    server.send(Rank{1}, {protocol::Release{
                              .ticket = Ticket{1},
                              .model = protocol::ModelSource::Initial,
                              .assignment = {.pool_count = 64, .shard_rows = 64, .minibatch = 10}},
                          {}});
    for (int turn = 0; turn < 10'000; ++turn) {
      worker.turn();
      while (auto incoming = server.receive()) {
        if (const auto* report = std::get_if<protocol::Report>(&incoming->message->body)) {
          return *report;
        }
      }
    }
    ADD_FAILURE() << "no report";
    return {};
  }

  test::TestRun run_;
  Machine machine_;
};

double training_flops(const RunInputs& inputs, double rows, double steps) {
  const nn::Flops flops = nn::Network(inputs.model(), 1).flops();
  return rows * static_cast<double>(flops.forward + flops.backward) +
         steps * cost::kUpdatedValue * static_cast<double>(inputs.parameter_count());
}

TEST_F(ComputeCostTest, a_round_takes_what_its_steps_compute) {
  run_.config.strategy.type = StrategyKind::Bsp;
  const RunInputs inputs(run_.config);
  const protocol::Report report = first_report(inputs);
  EXPECT_EQ(report.steps, 7U);
  EXPECT_NEAR(report.compute_seconds, training_flops(inputs, 64, 7) / kSpeed, 1e-9);
}

TEST_F(ComputeCostTest, validation_costs_a_forward_pass_per_row) {
  run_.config.strategy.type = StrategyKind::Hermes;
  const RunInputs inputs(run_.config);
  const auto rows = static_cast<double>(inputs.evaluation_rows().row_count());
  ASSERT_GT(rows, 0.0);
  const double forward = static_cast<double>(nn::Network(inputs.model(), 1).flops().forward);
  const protocol::Report report = first_report(inputs);
  EXPECT_NEAR(report.compute_seconds, training_flops(inputs, 64, 7) / kSpeed, 1e-9);
  EXPECT_NEAR(report.evaluation_seconds, rows * forward / kSpeed, 1e-9);
}

TEST_F(ComputeCostTest, a_gradient_norm_costs_a_pass_per_step) {
  run_.config.strategy.type = StrategyKind::SelSync;
  const RunInputs inputs(run_.config);
  const double norms = 7 * cost::kPassedValue * static_cast<double>(inputs.parameter_count());
  EXPECT_NEAR(first_report(inputs).compute_seconds,
              (training_flops(inputs, 64, 7) + norms) / kSpeed, 1e-9);
}

TEST_F(ComputeCostTest, a_payload_costs_as_it_is_encoded) {
  constexpr std::size_t kValues = 100;
  const auto values = ParameterPool(kValues).copy_of(std::vector<float>(kValues, 0.5F));
  protocol::Release release;
  release.model = protocol::ModelSource::Attached;
  release.version = Version{3};
  for (const auto& [encoding, sends, receives] :
       {std::tuple{wire::PayloadEncoding::Fp32, 2 * cost::kSentValue, cost::kReceivedValue},
        std::tuple{wire::PayloadEncoding::Fp16, cost::kConvertedValue,  // once for both workers
                   cost::kReceivedValue + cost::kConvertedValue},
        std::tuple{wire::PayloadEncoding::Int8, cost::kConvertedValue,
                   cost::kReceivedValue + cost::kConvertedValue}}) {
    machine_ = {};
    transport::InProcNetwork network(3, limits(kValues), machine_.time());
    const auto server_side = network.endpoint(kServerRank);
    const auto worker_side = network.endpoint(Rank{2});
    Channel server(*server_side, kValues, encoding);
    Channel worker(*worker_side, kValues);
    server.send(Rank{1}, {release, values});
    server.send(Rank{2}, {release, values});
    EXPECT_DOUBLE_EQ(machine_.flops, sends * kValues);
    machine_ = {};
    ASSERT_TRUE(worker.receive());
    EXPECT_DOUBLE_EQ(machine_.flops, receives * kValues);
  }
}

TEST_F(ComputeCostTest, a_run_alone_in_virtual_time_repeats_itself_and_takes_its_work) {
  run_.config.strategy.type = StrategyKind::Bsp;
  run_.config.stop.server.max_rounds = 3;
  const RunInputs inputs(run_.config);
  std::vector<double> seconds;
  for (const char* name : {"first", "second"}) {
    Machine machine;
    std::ostringstream screen;
    const std::atomic<bool> stop = false;
    const RunDirectory directory(run_.directory.path() / name, run_.config);
    train_alone(inputs, directory, {screen, stop, {.quiet = true}}, {}, machine.time());
    seconds.push_back(machine.time().now().time_since_epoch().count());
  }
  const auto rows = static_cast<double>(
      std::min<std::uint64_t>(run_.config.allocation.initial_rows, inputs.plan().training_count()));
  EXPECT_EQ(seconds[0], seconds[1]);
  EXPECT_GT(seconds[0], training_flops(inputs, 3 * rows, 0) / kSpeed);
}

}  // namespace
}  // namespace hermes::runtime
