// Whole runs of several workers over the in-process transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/support.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using testing::HasSubstr;

void expect_equal_runs(const RunInputs& inputs, std::uint32_t workers) {
  const test::ClusterResult first = test::run_cluster(inputs, workers, 1);
  ASSERT_TRUE(first.best);
  ASSERT_GE(first.evaluations.size(), 3U);
  for (std::uint64_t seed = 2; seed <= 6; ++seed) {
    const test::ClusterResult other = test::run_cluster(inputs, workers, seed);
    ASSERT_TRUE(other.best);
    const std::span<const float> a = first.best->parameters.values();
    const std::span<const float> b = other.best->parameters.values();
    EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size_bytes()), 0) << "turns " << seed;
    EXPECT_EQ(first.best->version, other.best->version) << "turns " << seed;
    EXPECT_EQ(first.evaluations, other.evaluations) << "turns " << seed;
    EXPECT_EQ(first.reason, other.reason) << "turns " << seed;
  }
}

TEST(ClusterTest, bsp_of_four_workers_does_not_depend_on_the_order_of_turns) {
  test::TestRun run;
  run.config.strategy.type = StrategyKind::Bsp;
  run.config.allocation.initial_rows = 90;
  run.config.evaluate_every_merges = 3;
  run.config.stop.server.max_rounds = 20;
  expect_equal_runs(RunInputs(run.config), 4);
}

TEST(ClusterTest, bsp_with_rows_fetched_ahead_trains_the_same_model) {
  test::TestRun run;
  run.config.strategy.type = StrategyKind::Bsp;
  run.config.allocation.initial_rows = 90;
  run.config.stop.server.max_rounds = 20;
  const test::ClusterResult expected = test::run_cluster(RunInputs(run.config), 3, 1);
  run.config.data.prefetch = true;
  const test::ClusterResult found = test::run_cluster(RunInputs(run.config), 3, 1);
  ASSERT_TRUE(expected.best && found.best);
  EXPECT_TRUE(std::ranges::equal(std::as_bytes(found.best->parameters.values()),
                                 std::as_bytes(expected.best->parameters.values())));
  EXPECT_EQ(found.evaluations, expected.evaluations);
}

TEST(ClusterTest, bsp_with_rows_from_the_server_trains_the_same_model) {
  for (const auto kind : {protocol::PartitionKind::Shared, protocol::PartitionKind::ByLabel}) {
    test::TestRun run(1500);
    run.config.strategy.type = StrategyKind::Bsp;
    run.config.data.partition = kind;
    run.config.data.labels_per_worker = 2;
    run.config.allocation.initial_rows = 200;
    run.config.stop.server.max_rounds = 15;
    const test::ClusterResult expected = test::run_cluster(RunInputs(run.config), 3, 1);
    EXPECT_EQ(expected.summary.bytes.data, 0U);
    run.config.data.delivery = Delivery::Server;
    const RunInputs inputs(run.config);
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      const test::ClusterResult found = test::run_cluster(inputs, 3, seed);
      ASSERT_TRUE(expected.best && found.best);
      EXPECT_TRUE(std::ranges::equal(std::as_bytes(found.best->parameters.values()),
                                     std::as_bytes(expected.best->parameters.values())));
      EXPECT_EQ(found.evaluations, expected.evaluations);
      for (const telemetry::WorkerSummary& worker : found.summary.worker_table) {
        EXPECT_GT(worker.times.data_seconds, 0.0);     // time passes between turns alone, so it is
        EXPECT_EQ(worker.times.compute_seconds, 0.0);  // all waiting
      }
      EXPECT_GT(found.summary.bytes.data, 3U * 15U * 200U * 36U / 2U);
    }
  }
}

TEST(ClusterTest, numbers_are_learned_whoever_reads_them) {
  test::NumbersRun run;
  run.config.train.optimizer.learning_rate = 0.05;
  run.config.stop.server.max_rounds = 20;
  for (const StrategyKind strategy : {StrategyKind::Bsp, StrategyKind::Hermes}) {
    run.config.strategy.type = strategy;
    std::vector<std::vector<std::string>> evaluations;
    for (const Delivery delivery : {Delivery::File, Delivery::Server}) {
      run.config.data.delivery = delivery;
      const RunInputs inputs(run.config);
      const test::ClusterResult result = test::run_cluster(inputs, 2, 5);
      EXPECT_EQ(result.reason, protocol::StopReason::MaxRounds);
      ASSERT_TRUE(result.best.has_value());
      EXPECT_LT(result.best->validation_loss, 1e-6);
      EXPECT_TRUE(std::isnan(result.best->validation_accuracy));
      EXPECT_EQ(result.summary.best_validation_accuracy, std::nullopt);
      EXPECT_THAT(result.evaluations.back(), testing::HasSubstr(",nan"));
      evaluations.push_back(result.evaluations);
    }
    if (strategy == StrategyKind::Bsp) {
      EXPECT_EQ(evaluations.front(), evaluations.back());
    }
  }
}

TEST(ClusterTest, bsp_stopped_by_patience_does_not_depend_on_the_order_of_turns) {
  test::TestRun run;
  run.config.strategy.type = StrategyKind::Bsp;
  run.config.data.partition = protocol::PartitionKind::Disjoint;
  run.config.train.round = {RoundLength::Unit::Steps, 3};
  run.config.train.optimizer.learning_rate = 0.2;  // soon no better any more
  run.config.stop.server.max_rounds = 1000;
  run.config.stop.server.patience = 4;
  const RunInputs inputs(run.config);
  EXPECT_EQ(test::run_cluster(inputs, 4, 1).reason, protocol::StopReason::Patience);
  expect_equal_runs(inputs, 4);
}

class StrategyTest : public testing::TestWithParam<StrategyKind> {};

TEST_P(StrategyTest, two_workers_learn_to_tell_the_clouds_apart) {
  test::TestRun run(1000);
  run.config.strategy.type = GetParam();
  run.config.allocation.initial_rows = 300;
  run.config.stop.server.max_rounds = 30;
  const test::ClusterResult result = test::run_cluster(RunInputs(run.config), 2, 5);
  ASSERT_TRUE(result.best);
  EXPECT_GE(result.best->validation_accuracy, 0.95);
  EXPECT_EQ(result.reason, protocol::StopReason::MaxRounds);
  EXPECT_EQ(result.summary.rejected_updates, 0U);
  EXPECT_EQ(result.summary.workers_lost, 0U);
  EXPECT_GT(result.summary.pushes, 0U);
  if (GetParam() == StrategyKind::Hermes) {
    EXPECT_GT(result.summary.suppressed, 0U);
  } else {
    EXPECT_EQ(result.summary.suppressed, 0U);
  }
}

std::string strategy_of(const testing::TestParamInfo<StrategyKind>& test) {
  RunConfig config;
  config.strategy.type = test.param;
  return std::string(protocol::strategy_name(config.strategy_spec()));
}

INSTANTIATE_TEST_SUITE_P(Strategies, StrategyTest,
                         testing::Values(StrategyKind::Hermes, StrategyKind::Bsp,
                                         StrategyKind::Asp),
                         strategy_of);

struct PayloadCase {
  WireSettings wire;
  std::size_t bytes_up;    ///< payload of one push of the 147 parameters of the small model
  std::size_t bytes_down;  ///< and of one model
};

class PayloadTest : public testing::TestWithParam<PayloadCase> {};

TEST_P(PayloadTest, two_workers_learn_with_fewer_bytes) {
  test::TestRun run(1000);
  run.config.strategy.type = StrategyKind::Asp;
  run.config.strategy.asp.server.learning_rate = 0.5;
  run.config.allocation.initial_rows = 300;
  run.config.stop.server.max_rounds = 30;
  run.config.wire = GetParam().wire;
  const RunInputs inputs(run.config);
  ASSERT_EQ(inputs.parameter_count(), 147U);
  const test::ClusterResult result = test::run_cluster(inputs, 2, 5);
  ASSERT_TRUE(result.best);
  EXPECT_GE(result.best->validation_accuracy, 0.95);
  EXPECT_EQ(result.summary.rejected_updates, 0U);
  // Headers are below 200 bytes; joins, farewells and heartbeats are few and small.
  const telemetry::ByteCounters& bytes = result.summary.bytes;
  const std::uint64_t pushes = result.summary.pushes;
  EXPECT_GT(bytes.up, pushes * GetParam().bytes_up);
  EXPECT_LT(bytes.up, pushes * (GetParam().bytes_up + 200) + 2000);
  EXPECT_GT(bytes.down, (pushes - 10) * GetParam().bytes_down);
  EXPECT_LT(bytes.down, (pushes + 10) * (GetParam().bytes_down + 200) + 2000);
}

INSTANTIATE_TEST_SUITE_P(
    Payloads, PayloadTest,
    testing::Values(PayloadCase{{PayloadFormat::Auto, PayloadFormat::Auto}, 588, 588},
                    PayloadCase{{PayloadFormat::Fp16, PayloadFormat::Auto}, 294, 294},
                    PayloadCase{{PayloadFormat::Bf16, PayloadFormat::Fp32}, 294, 588},
                    PayloadCase{{PayloadFormat::Int8, PayloadFormat::Auto}, 155, 155},
                    PayloadCase{{PayloadFormat::Topk, PayloadFormat::Auto, 0.1}, 120, 588},
                    PayloadCase{{PayloadFormat::Topk, PayloadFormat::Fp16, 0.05}, 64, 294}));

TEST(ClusterTest, target_accuracy_ends_the_run) {
  test::TestRun run;
  run.config.strategy.type = StrategyKind::Bsp;
  run.config.stop.server.max_rounds = 500;
  run.config.stop.server.target_accuracy = 0.9;
  const test::ClusterResult result = test::run_cluster(RunInputs(run.config), 2, 1);
  EXPECT_EQ(result.reason, protocol::StopReason::TargetAccuracy);
  ASSERT_TRUE(result.best);
  EXPECT_GE(result.best->validation_accuracy, 0.9);
}

TEST(ClusterTest, byte_limit_ends_the_run) {
  test::TestRun run;
  run.config.strategy.type = StrategyKind::Asp;
  run.config.stop.server.max_rounds = 500;
  run.config.stop.max_bytes = 20000;
  const test::ClusterResult result = test::run_cluster(RunInputs(run.config), 2, 1);
  EXPECT_EQ(result.reason, protocol::StopReason::MaxBytes);
  EXPECT_GE(result.summary.bytes.total(), 20000U);
  EXPECT_LT(result.summary.bytes.total(), 40000U);
}

/// Labels that the model has no output for: a worker finds them while it loads its rows.
TEST(ClusterTest, label_out_of_range_ends_the_run_as_bad_input) {
  test::TestRun run(64);
  data::test::H5Builder(run.config.data.file)
      .put("train/x", {64, 8}, data::test::counting_floats(512))
      .put("train/y", {64}, std::vector<std::int64_t>(64, 7))
      .put("validation/x", {1, 8}, data::test::counting_floats(8))
      .put("validation/y", {1}, std::vector<std::int64_t>{0})
      .put("test/x", {1, 8}, data::test::counting_floats(8))
      .put("test/y", {1}, std::vector<std::int64_t>{0});
  const test::ClusterResult result = test::run_cluster(RunInputs(run.config), 2, 1);
  EXPECT_EQ(result.reason, protocol::StopReason::BadInput);
  EXPECT_THAT(result.worker_details, testing::Contains(HasSubstr("/train/y")));
}

/// The same when the labels are needed to make the order of rows, before any row is loaded.
TEST(ClusterTest, bad_label_found_while_rows_are_ordered_ends_the_run_as_bad_input) {
  test::TestRun run(64);
  std::vector<std::int64_t> labels(64, 0);
  labels[1] = -1;  // not one of the rows that every rank looks at first
  run.config.data.partition = protocol::PartitionKind::ByLabel;
  data::test::H5Builder(run.config.data.file)
      .put("train/x", {64, 8}, data::test::counting_floats(512))
      .put("train/y", {64}, labels)
      .put("validation/x", {1, 8}, data::test::counting_floats(8))
      .put("validation/y", {1}, std::vector<std::int64_t>{0})
      .put("test/x", {1, 8}, data::test::counting_floats(8))
      .put("test/y", {1}, std::vector<std::int64_t>{0});
  const test::ClusterResult result = test::run_cluster(RunInputs(run.config), 2, 1);
  EXPECT_EQ(result.reason, protocol::StopReason::BadInput);
  EXPECT_THAT(result.worker_details, testing::Contains(HasSubstr("/train/y")));
}

}  // namespace
}  // namespace hermes::runtime
