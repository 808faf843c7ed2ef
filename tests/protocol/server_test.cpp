// The server fed by hand, state by state. Misbehaving workers are in server_faults_test.cpp.
#include "hermes/protocol/server.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "hermes/protocol/strategies/merge_rules.hpp"
#include "hermes/protocol/strategies/push_rules.hpp"
#include "hermes/protocol/strategies/release_rules.hpp"
#include "hermes/protocol/strategies/static_allocation.hpp"
#include "protocol/server_driver.hpp"

namespace hermes::protocol {
namespace {

using Values = std::vector<float>;

TEST(ServerTest, starts_when_all_have_joined) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.join(2);
  EXPECT_EQ(driver.server().state(), ServerState::Gathering);
  EXPECT_FALSE(driver.told<Release>(2).has_value());
  driver.join(1);
  EXPECT_EQ(driver.server().state(), ServerState::Training);
  ASSERT_EQ(driver.noted<TrainingStarted>().size(), 1U);
  EXPECT_EQ(driver.noted<TrainingStarted>()[0].workers, 2U);
  for (const int rank : {1, 2}) {
    const auto release = driver.told<Release>(rank);
    ASSERT_TRUE(release.has_value());
    EXPECT_EQ(release->ticket, Ticket{1});
    EXPECT_EQ(release->version, Version{0});
    EXPECT_EQ(release->model, ModelSource::Initial);
    EXPECT_EQ(release->assignment.shard_rows, 50U);
  }
}

TEST(ServerTest, refuses_by_name_who_does_not_fit) {
  struct Case {
    const char* part;
    Join join;
  };
  std::vector<Case> cases(7, Case{"", join_message()});
  cases[0].part = "expected test, found other";
  cases[0].join.program_version = "other";
  cases[1].part = "expected 2 parameters, found 3";
  cases[1].join.parameter_count = 3;
  cases[2].part = "differs from the server in: data set";
  cases[2].join.trait_hashes[1] = 9;
  cases[3].part = "no memory";
  cases[3].join.memory_budget = 1;
  cases[4].part = "no memory";  // for one row, but not beside a mini-batch of four
  cases[4].join.memory_budget = 35;
  cases[5].part = "differs from the server in: table [train], data set";
  cases[5].join.trait_hashes = {8, 7};
  cases[6].part = "expected 2 traits of a run, found 1";
  cases[6].join.trait_hashes.pop_back();
  for (const Case& c : cases) {
    const StrategyContext context{
        .allocation = StaticAllocationConfig{.rows = 50, .minibatch = 4},
        .memory = {.fixed_bytes = 20, .bytes_per_shard_row = 10, .bytes_per_minibatch_row = 5}};
    ServerDriver driver(make_strategy(BspConfig{}, context), server_config(2));
    driver.say(1, c.join, 0.0);
    const auto stop = driver.told<Stop>(1);
    ASSERT_TRUE(stop.has_value());
    EXPECT_EQ(stop->reason, StopReason::Refused);
    EXPECT_NE(stop->detail.find(c.part), std::string::npos) << stop->detail;
    ASSERT_EQ(driver.noted<WorkerRefused>().size(), 1U);
    EXPECT_EQ(driver.noted<WorkerRefused>()[0].why, stop->detail);
    driver.join(2);  // the others go on without it
    EXPECT_EQ(driver.server().state(), ServerState::Training);
  }
}

TEST(ServerTest, gather_timeout_starts_with_those_who_came) {
  ServerDriver driver(BspConfig{}, server_config(3));
  driver.join(2);
  driver.idle(0.5, 60.0, {2});
  EXPECT_EQ(driver.server().state(), ServerState::Gathering);
  driver.say(2, Heartbeat{}, 60.1);
  EXPECT_EQ(driver.server().state(), ServerState::Training);
  driver.join(1, 61.0);  // late, but welcome
  EXPECT_TRUE(driver.told<Release>(1).has_value());
}

TEST(ServerTest, ends_when_nobody_comes) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.idle(0.0, 60.0, {});
  EXPECT_EQ(driver.server().state(), ServerState::Gathering);
  driver.tick(60.5);
  EXPECT_EQ(driver.server().state(), ServerState::Finished);
  ASSERT_EQ(driver.effects_of<ServerFinished>().size(), 1U);
  EXPECT_EQ(driver.effects_of<ServerFinished>()[0].reason, StopReason::NoWorkers);
}

TEST(ServerTest, barrier_merges_in_rank_order_and_releases_all) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.join_all();
  driver.push(2, {4.0F, 0.0F}, 1.0);
  EXPECT_EQ(driver.effects().size(), 1U);  // noted, held
  driver.push(1, {2.0F, 2.0F}, 3.0);
  EXPECT_EQ(driver.global(), (Values{3.0F, 1.0F}));
  ASSERT_EQ(driver.noted<Merged>().size(), 1U);
  const Merged merged = driver.noted<Merged>()[0];
  EXPECT_EQ(merged.version, Version{1});
  ASSERT_EQ(merged.updates.size(), 2U);
  EXPECT_EQ(merged.updates[0].rank, Rank{1});
  EXPECT_EQ(merged.updates[1].rank, Rank{2});
  for (const int rank : {1, 2}) {
    ASSERT_TRUE(driver.told<Release>(rank).has_value());
    EXPECT_EQ(driver.told<Release>(rank)->ticket, Ticket{2});
    EXPECT_EQ(driver.told<Release>(rank)->model, ModelSource::Attached);
    EXPECT_EQ(driver.told<Release>(rank)->version, Version{1});
  }
  ASSERT_EQ(driver.noted<Released>().size(), 2U);
  EXPECT_EQ(driver.noted<Released>()[1].waited, seconds(2.0));
}

TEST(ServerTest, at_once_answers_each_push_and_measures_its_staleness) {
  ServerDriver driver(AspConfig{}, server_config(2));
  driver.payload_kind = PayloadKind::Delta;
  driver.join_all();
  driver.push(1, {1.0F, 0.0F}, 1.0);
  EXPECT_EQ(driver.global(), (Values{2.0F, -1.0F}));
  EXPECT_TRUE(driver.told<Release>(1).has_value());
  EXPECT_FALSE(driver.told<Release>(2).has_value());
  driver.push(2, {0.0F, 1.0F}, 2.0);
  EXPECT_EQ(driver.global(), (Values{2.0F, 0.0F}));
  EXPECT_EQ(driver.noted<Merged>()[0].updates[0].staleness, 1U);
}

TEST(ServerTest, suppressed_report_needs_no_answer) {
  ServerDriver driver(HermesConfig{}, server_config(1));
  driver.join_all();
  driver.say(1, driver.next_report(1, ReportKind::Suppressed), 1.0);
  EXPECT_EQ(driver.noted<ReportAccepted>().size(), 1U);
  EXPECT_EQ(driver.effects().size(), 1U);
  EXPECT_EQ(driver.peer(1).state, PeerState::Computing);
  EXPECT_EQ(driver.peer(1).clock, Round{1});
}

TEST(ServerTest, pull_brings_the_global_model_and_no_version) {
  ServerDriver driver(HermesConfig{}, server_config(1));
  driver.payload_kind = PayloadKind::Displacement;
  driver.join_all();
  driver.push(1, {1.0F, 1.0F}, 1.0);
  driver.say(1, driver.next_report(1, ReportKind::Pull), 2.0);
  ASSERT_TRUE(driver.told<Release>(1).has_value());
  EXPECT_EQ(driver.told<Release>(1)->model, ModelSource::Attached);
  EXPECT_EQ(driver.server().version(), Version{1});
}

TEST(ServerTest, votes_lead_to_collect_or_to_release_without_a_model) {
  Strategy strategy{
      std::make_unique<EndOfPlan>(), std::make_unique<Ballot>(),
      std::make_unique<MeanOfUpdates>(ServerOptimizerConfig{}, PayloadKind::Parameters),
      std::make_unique<StaticAllocation>(StaticAllocationConfig{})};
  ServerDriver driver(std::move(strategy), server_config(2));
  driver.join_all();
  driver.say(1, driver.next_report(1, ReportKind::Vote), 1.0);
  driver.say(2, driver.next_report(2, ReportKind::Vote), 1.0);
  ASSERT_TRUE(driver.told<Release>(1).has_value());
  EXPECT_EQ(driver.told<Release>(1)->model, ModelSource::Keep);

  Report yes = driver.next_report(1, ReportKind::Vote);
  yes.vote = true;
  Report no = driver.next_report(2, ReportKind::Vote);
  driver.say(1, yes, 2.0);
  driver.say(2, no, 2.0);
  ASSERT_TRUE(driver.told<Collect>(1).has_value());
  ASSERT_TRUE(driver.told<Collect>(2).has_value());
  EXPECT_EQ(driver.told<Collect>(1)->ticket, yes.ticket);
  EXPECT_EQ(driver.peer(2).state, PeerState::Collecting);
  for (Report* report : {&yes, &no}) {
    report->kind = ReportKind::Push;
    report->payload = PayloadKind::Parameters;
  }
  driver.say(1, yes, 3.0, shared({2.0F, 2.0F}));
  driver.say(2, no, 3.0, shared({4.0F, 4.0F}));
  EXPECT_EQ(driver.global(), (Values{3.0F, 3.0F}));
  EXPECT_EQ(driver.peer(1).clock, Round{2});  // a collected payload is no round of its own
  EXPECT_EQ(driver.told<Release>(2)->model, ModelSource::Attached);
}

TEST(ServerTest, no_plan_reaches_beyond_the_last_round) {
  ServerConfig config = server_config(2);
  config.stop.max_rounds = 3;
  ServerDriver driver(EbspConfig{.horizon = 6}, config);
  driver.join_all(0.0);
  driver.push(1, {1.0F, 1.0F}, 1.0);
  driver.push(2, {3.0F, 3.0F}, 4.0);  // four times as long: worker 1 would run four rounds
  EXPECT_EQ(driver.last_release(1).plan.rounds, 2U);
  EXPECT_EQ(driver.last_release(2).plan.rounds, 1U);
  driver.say(1, driver.next_report(1, ReportKind::Suppressed), 5.0);
  driver.push(1, {2.0F, 2.0F}, 6.0);
  EXPECT_EQ(driver.server().state(), ServerState::Training);
  driver.push(2, {4.0F, 4.0F}, 8.0);
  EXPECT_EQ(driver.server().state(), ServerState::Draining);
  EXPECT_EQ(driver.server().version(), Version{2});  // the last rounds of both are in it
}

TEST(ServerTest, heartbeats_fill_the_silence) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.join_all(10.0);
  driver.tick(10.4);
  EXPECT_TRUE(driver.effects().empty());
  driver.tick(10.5);
  EXPECT_TRUE(driver.told<Heartbeat>(1).has_value());
  EXPECT_TRUE(driver.told<Heartbeat>(2).has_value());
  driver.tick(10.9);
  EXPECT_TRUE(driver.effects().empty());
}

TEST(ServerTest, max_rounds_merges_the_last_round_and_releases_nobody) {
  ServerConfig config = server_config(2);
  config.stop.max_rounds = 2;
  ServerDriver driver(BspConfig{}, config);
  driver.join_all();
  for (double now = 1.0; now <= 2.0; now += 1.0) {
    driver.push(1, {1.0F, 1.0F}, now);
    EXPECT_EQ(driver.server().state(), ServerState::Training);
    driver.push(2, {1.0F, 1.0F}, now);
  }
  EXPECT_EQ(driver.server().version(), Version{2});
  EXPECT_EQ(driver.server().state(), ServerState::Draining);
  EXPECT_FALSE(driver.told<Release>(1).has_value());
  EXPECT_EQ(driver.told<Stop>(1)->reason, StopReason::MaxRounds);
  // Waits for both farewells and for the evaluation of the last version.
  driver.say(1, Leave{.reason = StopReason::MaxRounds}, 2.1);
  driver.say(2, Leave{.reason = StopReason::MaxRounds}, 2.1);
  EXPECT_EQ(driver.server().state(), ServerState::Draining);
  driver.step(Evaluated{Version{1}, 1.0, 0.5}, 2.2);
  ASSERT_EQ(driver.effects_of<Evaluate>().size(), 1U);
  EXPECT_EQ(driver.effects_of<Evaluate>()[0].version, Version{2});
  driver.step(Evaluated{Version{2}, 0.5, 0.6}, 2.3);
  EXPECT_EQ(driver.effects_of<KeepBest>()[0].version, Version{2});
  EXPECT_EQ(driver.server().state(), ServerState::Finished);
}

TEST(ServerTest, max_time_counts_from_the_start_of_training) {
  ServerConfig config = server_config(1);
  config.stop.max_time = seconds(5.0);
  ServerDriver driver(BspConfig{}, config);
  driver.idle(0.0, 20.0, {});
  driver.join(1, 20.0);
  driver.idle(20.5, 24.5, {1});
  EXPECT_EQ(driver.server().state(), ServerState::Training);
  driver.tick(25.0);
  EXPECT_EQ(driver.told<Stop>(1)->reason, StopReason::MaxSeconds);
}

TEST(ServerTest, patience_and_target_close_the_evaluations) {
  struct Case {
    double accuracy;
    StopReason reason;
  };
  for (const Case c : {Case{0.9, StopReason::TargetAccuracy}, Case{0.1, StopReason::Patience}}) {
    ServerConfig config = server_config(1);
    config.stop.patience = 1;
    config.stop.target_accuracy = 0.8;
    ServerDriver driver(AspConfig{}, config);
    driver.payload_kind = PayloadKind::Delta;
    driver.join_all();
    driver.push(1, {1.0F, 0.0F}, 1.0);
    driver.step(Evaluated{Version{1}, 1.0, 0.1}, 1.1);
    ASSERT_EQ(driver.server().state(), ServerState::Training);
    driver.push(1, {1.0F, 0.0F}, 2.0);
    driver.push(1, {1.0F, 0.0F}, 3.0);  // version 3 waits for the evaluator
    driver.step(Evaluated{Version{2}, 1.0, c.accuracy}, 3.1);
    ASSERT_TRUE(driver.told<Stop>(1).has_value());
    EXPECT_EQ(driver.told<Stop>(1)->reason, c.reason);
    EXPECT_TRUE(driver.effects_of<Evaluate>().empty());
    driver.say(1, Leave{}, 3.2);
    ASSERT_EQ(driver.server().state(), ServerState::Finished);
    EXPECT_EQ(driver.effects_of<ServerFinished>()[0].reason, c.reason);
  }
}

TEST(ServerTest, target_reached_after_the_last_round_still_decides_the_best) {
  ServerConfig config = server_config(1);
  config.stop.max_rounds = 2;
  config.stop.target_accuracy = 0.8;
  ServerDriver driver(BspConfig{}, config);
  driver.join_all();
  driver.push(1, {1.0F, 1.0F}, 1.0);
  driver.push(1, {2.0F, 2.0F}, 2.0);
  ASSERT_EQ(driver.server().state(), ServerState::Draining);
  driver.step(Evaluated{Version{1}, 1.0, 0.9}, 3.0);
  EXPECT_TRUE(driver.effects_of<Evaluate>().empty());  // as if it had come before round two
  driver.say(1, Leave{}, 3.1);
  EXPECT_EQ(driver.server().state(), ServerState::Finished);
}

TEST(ServerTest, interruption_settles_what_is_pending) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.join_all();
  driver.push(1, {1.0F, 1.0F}, 1.0);
  driver.step(Interrupted{}, 2.0);
  EXPECT_EQ(driver.rejected(), RejectReason::Stopped);
  EXPECT_EQ(driver.told<Stop>(2)->reason, StopReason::Interrupted);
  driver.push(2, {1.0F, 1.0F}, 2.1);  // was under way
  EXPECT_EQ(driver.rejected(), RejectReason::Stopped);
  EXPECT_FALSE(driver.told<Release>(2).has_value());
  driver.say(1, Leave{}, 2.2);
  driver.step(Interrupted{}, 2.3);
  EXPECT_TRUE(driver.effects().empty());  // once is enough
  driver.say(2, Leave{}, 2.4);
  EXPECT_EQ(driver.server().state(), ServerState::Finished);
}

TEST(ServerTest, drain_timeout_ends_without_farewells) {
  ServerDriver driver(BspConfig{}, server_config(1));
  driver.join_all();
  driver.step(Interrupted{}, 1.0);
  driver.idle(1.5, 11.0, {1});
  EXPECT_EQ(driver.server().state(), ServerState::Draining);
  driver.say(1, Heartbeat{}, 11.1);
  EXPECT_EQ(driver.server().state(), ServerState::Finished);
  driver.push(1, {1.0F, 1.0F}, 11.2);
  EXPECT_TRUE(driver.effects().empty());
}

TEST(ServerTest, ends_when_all_have_left_or_none_returns) {
  ServerDriver left(BspConfig{}, server_config(1));
  left.join_all();
  left.say(1, Leave{.reason = StopReason::Failed}, 1.0);
  EXPECT_EQ(left.effects_of<ServerFinished>()[0].reason, StopReason::NoWorkers);

  ServerDriver lost(BspConfig{}, server_config(1));
  lost.join_all();
  lost.idle(0.5, 70.0, {});
  EXPECT_EQ(lost.server().state(), ServerState::Training);
  lost.idle(70.5, 71.0, {});
  EXPECT_EQ(lost.server().state(), ServerState::Finished);
}

TEST(ServerTest, bad_input_of_one_worker_ends_the_run_and_a_failure_does_not) {
  for (const StopReason reason : {StopReason::BadInput, StopReason::Failed}) {
    ServerDriver driver(BspConfig{}, server_config(2));
    driver.join_all();
    driver.say(1, Leave{.reason = reason, .detail = "why"}, 1.0);
    EXPECT_EQ(driver.noted<WorkerLeft>()[0].leave.detail, "why");
    EXPECT_EQ(driver.told<Stop>(2).has_value(), reason == StopReason::BadInput);
    EXPECT_FALSE(driver.told<Stop>(1).has_value());
  }
}

}  // namespace
}  // namespace hermes::protocol
