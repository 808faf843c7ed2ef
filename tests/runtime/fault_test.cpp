// Fault plans: what is due when, and runs that suffer them.
#include "hermes/runtime/fault.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "data/support.hpp"
#include "runtime/temporary_directory.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using protocol::StopReason;
using test::ClusterResult;
using test::run_cluster;

Fault fault(std::uint64_t rank, FaultKind kind) {
  Fault made;
  made.rank = rank;
  made.kind = kind;
  return made;
}

Fault at_time(Fault made, double seconds) {
  made.at_seconds = seconds;
  return made;
}

Fault at_round(Fault made, std::uint64_t round) {
  made.at_round = round;
  return made;
}

Fault lasting(Fault made, double seconds) {
  made.seconds = seconds;
  return made;
}

Fault by_factor(Fault made, double factor) {
  made.factor = factor;
  return made;
}

std::vector<FaultKind> due(FaultSchedule& schedule, double now, std::uint64_t rounds) {
  std::vector<FaultKind> kinds;
  while (const std::optional<Fault> one = schedule.next_due(at_seconds(now), rounds)) {
    kinds.push_back(one->kind);
  }
  return kinds;
}

TEST(FaultScheduleTest, each_fault_of_the_rank_comes_once_when_its_time_or_round_is_there) {
  FaultSchedule schedule(
      {at_time(fault(1, FaultKind::Malformed), 2.0), at_round(fault(1, FaultKind::NonFinite), 3),
       at_time(fault(2, FaultKind::Kill), 1.0)},
      Rank{1});
  EXPECT_TRUE(due(schedule, 1.9, 2).empty());
  EXPECT_THAT(due(schedule, 2.0, 2), testing::ElementsAre(FaultKind::Malformed));
  EXPECT_TRUE(due(schedule, 9.0, 2).empty());
  EXPECT_THAT(due(schedule, 9.0, 4), testing::ElementsAre(FaultKind::NonFinite));
  EXPECT_TRUE(schedule.empty());
}

TEST(FaultScheduleTest, a_slow_time_ends) {
  FaultSchedule schedule({by_factor(lasting(at_round(fault(1, FaultKind::Slow), 2), 1.5), 4.0)},
                         Rank{1});
  EXPECT_EQ(schedule.next_due(at_seconds(5.0), 2)->factor, 4.0);
  EXPECT_FALSE(schedule.next_due(at_seconds(6.4), 9).has_value());
  EXPECT_EQ(schedule.next_due(at_seconds(6.5), 9)->factor, 1.0);
  EXPECT_TRUE(schedule.empty());
}

TEST(FaultScheduleTest, without_an_end_it_stays_slow) {
  FaultSchedule schedule({by_factor(at_time(fault(1, FaultKind::Slow), 0.0), 4.0)}, Rank{1});
  EXPECT_EQ(schedule.next_due(at_seconds(0.0), 0)->factor, 4.0);
  EXPECT_TRUE(schedule.empty());
}

/// Three workers, of which the plan's suffer; all strategies.
class FaultyRunTest : public testing::TestWithParam<StrategyKind> {
 protected:
  FaultyRunTest() {
    run_.config.strategy.type = GetParam();
    run_.config.strategy.timebox.box_seconds = 0.05;
    run_.config.strategy.selsync = {.delta = 0.02, .window = 2};
    run_.config.stop.server.max_rounds = 12;
    run_.config.liveness.heartbeat = seconds(0.01);
    run_.config.liveness.worker_timeout = seconds(0.2);
  }

  ClusterResult result(const std::vector<Fault>& plan) {
    run_.config.faults = plan;
    return run_cluster(RunInputs(run_.config), 3, 5);
  }

  /// Those that were accepted, which takes losses that are finite.
  std::size_t reports_of_worker_2(const std::vector<Fault>& plan) {
    run_.config.faults = plan;
    const TemporaryDirectory directory;
    const ClusterResult result =
        run_cluster(RunInputs(run_.config), 3, 5, test::ClusterLife{directory.path(), false, 0});
    EXPECT_EQ(result.reason, StopReason::MaxRounds);
    EXPECT_EQ(result.summary.workers_lost, 0U);
    std::istringstream lines(data::test::read_bytes(directory.path() / "metrics.csv"));
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) {
      const std::size_t rank = line.find(',', line.find(',') + 1) + 1;
      count += line.starts_with("report,") && line.substr(rank, 2) == "2," ? 1 : 0;
    }
    return count;
  }

  test::TestRun run_;
};

TEST_P(FaultyRunTest, a_run_outlives_everything_at_once) {
  const std::vector<Fault> plan{
      at_round(fault(1, FaultKind::Kill), 3),
      lasting(at_round(fault(2, FaultKind::Freeze), 2), 0.05),
      at_round(fault(2, FaultKind::Malformed), 4),
      at_round(fault(3, FaultKind::NonFinite), 2),
      lasting(at_round(fault(3, FaultKind::Cut), 4), 0.1),
      lasting(by_factor(at_round(fault(3, FaultKind::Slow), 1), 3.0), 0.2),
  };
  const ClusterResult harmed = result(plan);
  EXPECT_EQ(harmed.reason, StopReason::MaxRounds);
  EXPECT_EQ(harmed.summary.workers_lost, 1U);
  EXPECT_GT(harmed.summary.best_validation_accuracy, 0.9);
  EXPECT_EQ(harmed.evaluations, result(plan).evaluations) << "a plan can be repeated";
}

TEST_P(FaultyRunTest, a_worker_recovers_from_a_model_that_is_not_finite) {
  run_.config.stop.server.max_rounds = 60;  // of the fastest: enough for the others, too
  const std::size_t unharmed = reports_of_worker_2({});
  const std::size_t harmed = reports_of_worker_2({at_round(fault(2, FaultKind::NonFinite), 2)});
  EXPECT_GT(harmed, unharmed * 3 / 4) << "it goes on from the global model, without its momentum";
}

TEST_P(FaultyRunTest, who_was_frozen_for_too_long_comes_back) {
  run_.config.stop.server.max_rounds = 300;
  const ClusterResult harmed = result({lasting(at_round(fault(2, FaultKind::Freeze), 2), 0.3)});
  EXPECT_EQ(harmed.reason, StopReason::MaxRounds);
  EXPECT_EQ(harmed.summary.workers_lost, 1U);
  EXPECT_EQ(harmed.summary.workers_returned, 1U);
}

INSTANTIATE_TEST_SUITE_P(all_strategies, FaultyRunTest,
                         testing::Values(StrategyKind::Hermes, StrategyKind::Bsp, StrategyKind::Asp,
                                         StrategyKind::Ssp, StrategyKind::Ebsp,
                                         StrategyKind::SelSync, StrategyKind::Timebox));

}  // namespace
}  // namespace hermes::runtime
