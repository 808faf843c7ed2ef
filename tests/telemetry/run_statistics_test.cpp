#include "hermes/telemetry/run_statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

using protocol::RejectReason;
using protocol::ReportKind;
using protocol::StopReason;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

RunFacts facts(std::uint32_t workers, double target = 0.0) {
  return {.strategy = "hermes", .workers = workers, .seed = 7, .target_accuracy = target};
}

protocol::WorkerLeft farewell(std::int32_t from, std::uint64_t rounds) {
  return {rank(from),
          {.reason = StopReason::Patience,
           .totals = {.rounds = rounds,
                      .steps = rounds * 10,
                      .samples = rounds * 160,
                      .pushes = 2,
                      .suppressed = rounds - 2,
                      .compute_seconds = 9.0,
                      .evaluation_seconds = 0.5,
                      .data_seconds = 3.0,
                      .wait_seconds = 1.5,
                      .wire_seconds = 0.25,
                      .run_seconds = 16.0}}};
}

TEST(RunStatisticsTest, before_the_first_record_nothing_is_known_that_must_be_measured) {
  const RunSummary summary = RunStatistics(facts(2)).summary(at_seconds(0.0));
  EXPECT_EQ(summary.strategy, "hermes");
  EXPECT_EQ(summary.workers, 2U);
  EXPECT_EQ(summary.seed, 7U);
  EXPECT_EQ(summary.rounds, 0U);
  EXPECT_FALSE(summary.worker_independence);
  EXPECT_FALSE(summary.best_validation_loss);
  EXPECT_FALSE(summary.best_validation_accuracy);
  EXPECT_FALSE(summary.test_loss);
  EXPECT_FALSE(summary.test_accuracy);
  EXPECT_FALSE(summary.target_accuracy);
  EXPECT_FALSE(summary.seconds_to_target);
  EXPECT_FALSE(summary.bytes_to_target);
  EXPECT_FALSE(summary.samples_per_second);
  EXPECT_FALSE(summary.stop_reason);
  EXPECT_FALSE(summary.staleness);
  ASSERT_EQ(summary.worker_table.size(), 2U);
  EXPECT_EQ(summary.worker_table[1].rank, rank(2));
  EXPECT_EQ(summary.worker_table[1].state, "expected");
}

TEST(RunStatisticsTest, a_small_run_gives_the_numbers_computed_by_hand) {
  RunStatistics statistics(facts(2, 0.8));
  const ByteCounters none;
  statistics.record(protocol::WorkerJoined{rank(1)}, at_seconds(0.5), none);
  statistics.record(protocol::WorkerJoined{rank(2)}, at_seconds(0.7), none);
  statistics.count_work(
      {.waiting = seconds(32.0), .busy = seconds(64.0)});  // as below: no training
  statistics.record(protocol::TrainingStarted{2}, at_seconds(1.0), none);
  statistics.count_work(
      {.merging = seconds(0.25), .messages = seconds(0.125), .busy = seconds(0.5)});
  statistics.record(report(1, 1, ReportKind::Suppressed), at_seconds(2.0), none);
  statistics.record(report(1, 2, ReportKind::Suppressed), at_seconds(3.0), none);
  statistics.record(report(1, 3, ReportKind::Push), at_seconds(4.0), {1000, 10, 1});
  statistics.record(merged(1, 1, 0), at_seconds(4.0), {1000, 10, 1});
  statistics.record(protocol::Released{rank(1), Version{1}, seconds(0.25), true}, at_seconds(4.25),
                    {1000, 1010, 1});
  statistics.record(evaluation(1, 0.5, 0.75, true), at_seconds(4.5), {1000, 1010, 1});
  statistics.record(report(2, 1, ReportKind::Push), at_seconds(5.0), {2000, 1010, 1});
  statistics.record(merged(2, 2, 1), at_seconds(5.0), {2000, 1010, 1});
  statistics.record(evaluation(2, 0.6, 0.85), at_seconds(5.5), {2000, 2010, 1});
  statistics.record(evaluation(3, 0.4, 0.84, true), at_seconds(6.0), {9000, 9010, 1});
  statistics.record(protocol::StopDecided{StopReason::TargetAccuracy}, at_seconds(9.0),
                    {9000, 9010, 1});
  statistics.count_work({.evaluating = seconds(2.0), .data = seconds(1.0), .busy = seconds(64.0)});
  statistics.set_test_result({0.45, 0.83});

  const RunSummary summary = statistics.summary(at_seconds(12.0));
  EXPECT_EQ(summary.seconds, 12.0);
  EXPECT_EQ(summary.training_seconds, 8.0);  // 1.0 to 9.0
  EXPECT_EQ(summary.server_busy_seconds, 0.5);
  EXPECT_EQ(summary.rounds, 4U);
  EXPECT_EQ(summary.steps, 40U);
  EXPECT_EQ(summary.samples, 640U);
  EXPECT_EQ(summary.pushes, 2U);
  EXPECT_EQ(summary.suppressed, 2U);
  EXPECT_EQ(summary.worker_independence, 2.0);
  EXPECT_EQ(summary.samples_per_second, 80.0);
  EXPECT_EQ(summary.merges, 2U);
  EXPECT_EQ(summary.bytes, (ByteCounters{9000, 9010, 1}));
  EXPECT_EQ(summary.best_validation_loss, 0.4);
  EXPECT_EQ(summary.best_validation_accuracy, 0.85);
  EXPECT_EQ(summary.test_loss, 0.45);
  EXPECT_EQ(summary.test_accuracy, 0.83);
  EXPECT_EQ(summary.target_accuracy, 0.8);
  EXPECT_EQ(summary.seconds_to_target, 5.5);
  EXPECT_EQ(summary.bytes_to_target, 4011U);
  EXPECT_EQ(summary.stop_reason, "target_accuracy");
  EXPECT_FALSE(summary.interrupted);
  EXPECT_EQ(summary.staleness,
            (StalenessSummary{.median = 0.5, .max = 1, .histogram = {{0, 1}, {1, 1}}}));
  EXPECT_EQ(summary.worker_table[0],
            (WorkerSummary{.rank = rank(1),
                           .state = "training",
                           .rounds = 3,
                           .steps = 30,
                           .samples = 480,
                           .pushes = 1,
                           .suppressed = 2,
                           .times = {.seconds = 11.5,  // 0.5 to 12.0
                                     .compute_seconds = 1.5,
                                     .data_seconds = 0.375,
                                     .waited_seconds = 0.25,
                                     .wire_seconds = 2.0}}));  // no round time
  EXPECT_EQ(summary.server, (RankTimes{.seconds = 12.0,
                                       .compute_seconds = 0.25,
                                       .evaluation_seconds = 2.0,
                                       .data_seconds = 1.0,
                                       .waited_seconds = 32.0,
                                       .wire_seconds = 0.125}));
}

TEST(RunStatisticsTest, a_push_that_repeats_its_vote_is_the_same_round) {
  RunStatistics statistics(facts(1));
  statistics.record(report(1, 1, ReportKind::Vote), at_seconds(1.0), {});
  statistics.record(report(1, 1, ReportKind::Push), at_seconds(1.1), {});
  statistics.record(report(1, 2, ReportKind::Vote), at_seconds(2.0), {});
  const RunSummary summary = statistics.summary(at_seconds(3.0));
  EXPECT_EQ(summary.rounds, 2U);
  EXPECT_EQ(summary.steps, 20U);
  EXPECT_EQ(summary.samples, 320U);
  EXPECT_EQ(summary.pushes, 1U);
  EXPECT_EQ(summary.worker_table[0].times.compute_seconds, 1.0);
}

TEST(RunStatisticsTest, rounds_of_a_process_that_counts_from_the_start_again_are_rounds) {
  RunStatistics statistics(facts(1));
  statistics.record(report(1, 7, ReportKind::Push), at_seconds(1.0), {});
  statistics.record(protocol::WorkerJoined{rank(1)}, at_seconds(2.0), {});
  statistics.record(report(1, 1, ReportKind::Push), at_seconds(3.0), {});
  statistics.record(report(1, 2, ReportKind::Push), at_seconds(4.0), {});
  EXPECT_EQ(statistics.summary(at_seconds(5.0)).rounds, 3U);
}

TEST(RunStatisticsTest, a_farewell_that_knows_of_more_rounds_replaces_the_count) {
  RunStatistics statistics(facts(1));
  statistics.record(protocol::WorkerJoined{rank(1)}, at_seconds(0.0), {});
  statistics.record(report(1, 1, ReportKind::Suppressed), at_seconds(1.0), {});
  statistics.record(farewell(1, 6), at_seconds(5.0), {});
  EXPECT_EQ(statistics.summary(at_seconds(5.0)).worker_table[0],
            (WorkerSummary{.rank = rank(1),
                           .state = "left",
                           .rounds = 6,
                           .steps = 60,
                           .samples = 960,
                           .pushes = 2,
                           .suppressed = 4,
                           .times = {.seconds = 16.0,
                                     .compute_seconds = 9.0,
                                     .evaluation_seconds = 0.5,
                                     .data_seconds = 3.0,
                                     .waited_seconds = 1.5,
                                     .wire_seconds = 0.25}}));
  EXPECT_EQ(statistics.summary(at_seconds(5.0)).worker_table[0].times.other_seconds(), 1.75);
  EXPECT_EQ(statistics.fastest_rounds(), 6U);
}

TEST(RunStatisticsTest, a_farewell_that_knows_of_fewer_rounds_changes_no_count) {
  RunStatistics statistics(facts(1));
  for (std::uint64_t round = 1; round <= 3; ++round) {
    statistics.record(report(1, round, ReportKind::Push), at_seconds(1.0), {});
  }
  statistics.record(farewell(1, 2), at_seconds(5.0), {});
  EXPECT_EQ(statistics.summary(at_seconds(5.0)).rounds, 3U);
  EXPECT_EQ(statistics.summary(at_seconds(5.0)).pushes, 3U);
}

TEST(RunStatisticsTest, without_a_farewell_the_wire_took_what_a_report_came_later_than_its_round) {
  RunStatistics statistics(facts(1));
  statistics.record(protocol::WorkerJoined{rank(1)}, at_seconds(0.0), {});
  statistics.record(protocol::Released{rank(1)}, at_seconds(1.0), {});
  protocol::ReportAccepted first = report(1, 1, ReportKind::Push);
  first.report.round_seconds = 0.75;
  first.report.evaluation_seconds = 0.125;
  statistics.record(first, at_seconds(2.0), {});  // a quarter on its way
  statistics.record(protocol::Released{rank(1), Version{1}, seconds(3.0), true}, at_seconds(5.0),
                    {});
  protocol::ReportAccepted second = report(1, 2, ReportKind::Suppressed);
  second.report.round_seconds = 0.5;
  statistics.record(second, at_seconds(6.0), {});  // half
  protocol::ReportAccepted third = report(1, 3, ReportKind::Suppressed);
  third.report.round_seconds = 1.0;
  statistics.record(third, at_seconds(7.0), {});
  third.report.round = Round{4};
  third.report.round_seconds = kNaN;
  statistics.record(third, at_seconds(7.0), {});
  statistics.record(protocol::WorkerLost{rank(1), seconds(1.0)}, at_seconds(8.0), {});
  EXPECT_EQ(statistics.summary(at_seconds(20.0)).worker_table[0].times,
            (RankTimes{.seconds = 8.0,
                       .compute_seconds = 2.0,
                       .evaluation_seconds = 0.125,
                       .data_seconds = 0.5,
                       .waited_seconds = 3.0,
                       .wire_seconds = 0.75}));
}

TEST(RunStatisticsTest, lost_and_returned_workers_are_counted_once_each) {
  RunStatistics statistics(facts(3));
  const auto at = [](double time) { return at_seconds(time); };
  for (int i = 1; i <= 3; ++i) {
    statistics.record(protocol::WorkerJoined{rank(i)}, at(0.0), {});
  }
  statistics.record(protocol::TrainingStarted{3}, at(1.0), {});
  EXPECT_EQ(statistics.alive_count(), 3U);
  statistics.record(protocol::WorkerLost{rank(1), seconds(10.0)}, at(11.0), {});
  statistics.record(protocol::WorkerLost{rank(2), seconds(10.0)}, at(11.0), {});
  EXPECT_EQ(statistics.alive_count(), 1U);
  statistics.record(protocol::WorkerReturned{rank(1)}, at(12.0), {});
  statistics.record(protocol::WorkerLost{rank(1), seconds(10.0)}, at(30.0), {});
  statistics.record(protocol::WorkerReturned{rank(1)}, at(31.0), {});
  EXPECT_EQ(statistics.alive_count(), 2U);

  const RunSummary summary = statistics.summary(at(40.0));
  EXPECT_EQ(summary.workers_lost, 2U);
  EXPECT_EQ(summary.workers_returned, 1U);
  EXPECT_EQ(summary.worker_table[0].state, "training");
  EXPECT_EQ(summary.worker_table[1].state, "lost");
}

TEST(RunStatisticsTest, a_refused_worker_stays_refused_when_it_leaves) {
  RunStatistics statistics(facts(1));
  statistics.record(protocol::WorkerRefused{rank(1), "another model"}, at_seconds(0.0), {});
  statistics.record(protocol::WorkerLeft{rank(1), {}}, at_seconds(0.1), {});
  EXPECT_EQ(statistics.summary(at_seconds(1.0)).worker_table[0].state, "refused");
  EXPECT_EQ(statistics.alive_count(), 0U);
}

TEST(RunStatisticsTest, rejected_updates_are_payloads_and_whatever_is_bad) {
  struct Case {
    RejectReason reason;
    bool had_payload;
    std::uint64_t updates;
  };
  const std::vector<Case> cases = {
      {RejectReason::Late, true, 1},       {RejectReason::Late, false, 0},
      {RejectReason::Stopped, true, 1},    {RejectReason::Stopped, false, 0},
      {RejectReason::NonFinite, false, 1}, {RejectReason::Malformed, false, 1},
      {RejectReason::Malformed, true, 1},
  };
  for (const Case& c : cases) {
    RunStatistics statistics(facts(1));
    statistics.record(protocol::ReportRejected{rank(1), c.reason, c.had_payload}, at_seconds(1.0),
                      {});
    const RunSummary summary = statistics.summary(at_seconds(2.0));
    EXPECT_EQ(summary.rejected_updates, c.updates) << to_string(c.reason) << c.had_payload;
    EXPECT_THAT(summary.rejected_reports,
                testing::ElementsAre(testing::Pair(std::string(to_string(c.reason)), 1U)));
  }
}

TEST(RunStatisticsTest, numbers_that_are_not_finite_are_not_summed_and_are_no_best) {
  RunStatistics statistics(facts(1, 0.5));
  protocol::ReportAccepted bad = report(1, 1, ReportKind::Push);
  bad.report.compute_seconds = kNaN;
  bad.report.data_seconds = kNaN;
  statistics.record(bad, at_seconds(1.0), {});
  statistics.record(report(1, 2, ReportKind::Push), at_seconds(2.0), {});
  statistics.record(evaluation(1, kNaN, kNaN), at_seconds(2.0), {});
  statistics.record(evaluation(2, 0.5, 0.25, true), at_seconds(3.0), {});
  statistics.record(evaluation(3, kNaN, kNaN), at_seconds(4.0), {});
  const RunSummary summary = statistics.summary(at_seconds(5.0));
  EXPECT_EQ(summary.worker_table[0].times.compute_seconds, 0.5);
  EXPECT_EQ(summary.worker_table[0].times.data_seconds, 0.125);
  EXPECT_EQ(summary.best_validation_loss, 0.5);
  EXPECT_EQ(summary.best_validation_accuracy, 0.25);
  EXPECT_FALSE(summary.seconds_to_target);
}

TEST(RunStatisticsTest, the_first_stop_decides_and_a_signal_is_an_interruption) {
  RunStatistics statistics(facts(1));
  statistics.record(protocol::TrainingStarted{1}, at_seconds(1.0), {});
  statistics.record(protocol::StopDecided{StopReason::Interrupted}, at_seconds(3.0), {});
  statistics.record(protocol::StopDecided{StopReason::Failed}, at_seconds(4.0), {});
  const RunSummary summary = statistics.summary(at_seconds(5.0));
  EXPECT_EQ(summary.stop_reason, "interrupted");
  EXPECT_TRUE(summary.interrupted);
  EXPECT_EQ(summary.training_seconds, 2.0);
}

TEST(RunStatisticsTest, without_a_target_none_is_reached) {
  RunStatistics statistics(facts(1));
  statistics.record(evaluation(1, 0.1, 1.0, true), at_seconds(2.0), {});
  EXPECT_FALSE(statistics.summary(at_seconds(3.0)).target_accuracy);
  EXPECT_FALSE(statistics.summary(at_seconds(3.0)).seconds_to_target);
}

TEST(RunStatisticsTest, staleness_agrees_with_a_sorted_list) {
  std::mt19937 random(11);
  for (int trial = 0; trial < 50; ++trial) {
    RunStatistics statistics(facts(1));
    std::vector<std::uint64_t> all;
    const int count = 1 + static_cast<int>(random() % 40);
    for (int i = 0; i < count; ++i) {
      all.push_back(random() % 6);
      statistics.record(merged(static_cast<std::uint64_t>(i) + 1, 1, all.back()), at_seconds(i),
                        {});
    }
    std::sort(all.begin(), all.end());
    const std::size_t half = all.size() / 2;
    const double median =
        all.size() % 2 == 1
            ? static_cast<double>(all[half])
            : (static_cast<double>(all[half - 1]) + static_cast<double>(all[half])) / 2;
    const auto staleness = statistics.summary(at_seconds(99.0)).staleness;
    ASSERT_TRUE(staleness);
    EXPECT_EQ(staleness->median, median);
    EXPECT_EQ(staleness->max, all.back());
    for (const auto& [lag, updates] : staleness->histogram) {
      EXPECT_EQ(updates, static_cast<std::uint64_t>(std::count(all.begin(), all.end(), lag)));
    }
  }
}

}  // namespace
}  // namespace hermes::telemetry
