// The worker fed by hand, state by state.
#include "hermes/protocol/worker.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/protocol/strategies/push_rules.hpp"
#include "protocol/parameters.hpp"
#include "protocol/worker_driver.hpp"

namespace hermes::protocol {
namespace {

const RandomStream kCoin(1, RandomPurpose::Gate);

/// Votes in every round.
class VoteEveryRound final : public PushRule {
 public:
  PushDecision decide(const RoundOutcome& /*outcome*/, std::uint32_t /*rounds_left*/) override {
    return {.kind = ReportKind::Vote, .vote = true};
  }
};

constexpr WorkerState kUnfinished[] = {WorkerState::Joining, WorkerState::Loading,
                                       WorkerState::Computing, WorkerState::AwaitingRelease};

TEST(WorkerTest, joins_loads_trains_and_reports) {
  WorkerDriver driver;
  driver.step(WorkerStarted{}, 1.0);
  EXPECT_EQ(driver.told<Join>()->program_version, "test");
  driver.hear(WorkerDriver::release(1), 2.0);
  EXPECT_EQ(driver.effect<AdoptModel>()->source, ModelSource::Initial);
  EXPECT_EQ(driver.effect<LoadAssignment>()->assignment.shard_rows, 10U);
  EXPECT_FALSE(driver.effect<StartRound>().has_value());
  driver.step(AssignmentLoaded{}, 3.0);
  EXPECT_FALSE(driver.effect<StartRound>()->needs.validation);
  driver.finish_round(4.0);
  const std::optional<Report> report = driver.told<Report>();
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->kind, ReportKind::Push);
  EXPECT_EQ(report->payload, PayloadKind::Delta);
  EXPECT_EQ(report->ticket, Ticket{1});
  EXPECT_EQ(report->round, Round{1});
  EXPECT_EQ(report->push_samples, 20U);
  EXPECT_EQ(driver.worker().state(), WorkerState::AwaitingRelease);

  Release answer = WorkerDriver::release(2, ModelSource::Attached);
  answer.held_seconds = 1.5;
  driver.hear(answer, 6.0, shared({1.0F, 2.0F}));
  EXPECT_EQ(driver.effect<AdoptModel>()->parameters.values()[1], 2.0F);
  EXPECT_FALSE(driver.effect<LoadAssignment>().has_value());  // nothing new in it
  EXPECT_TRUE(driver.effect<StartRound>().has_value());
  EXPECT_EQ(driver.worker().totals().wait_seconds, 2.5);  // one before its first release
  EXPECT_EQ(driver.worker().totals().wire_seconds, 0.5);
  EXPECT_EQ(driver.worker().totals().run_seconds, 5.0);
  driver.finish_round(7.0);
  EXPECT_EQ(driver.told<Report>()->base, Version{2});
  EXPECT_EQ(driver.told<Report>()->round, Round{2});
}

TEST(WorkerTest, suppressed_rounds_go_on_and_their_samples_add_up) {
  WorkerDriver driver(std::make_unique<GatedPush>(GateConfig{}, kCoin, false));
  driver.begin();
  for (int round = 1; round <= 2; ++round) {
    driver.finish_round(round, 5.0 - round * 0.01);
    EXPECT_EQ(driver.told<Report>()->kind, ReportKind::Suppressed);
    EXPECT_EQ(driver.told<Report>()->payload, PayloadKind::None);
    EXPECT_TRUE(driver.effect<StartRound>()->needs.validation);
  }
  driver.finish_round(3.0, 1.0);
  EXPECT_EQ(driver.told<Report>()->kind, ReportKind::Push);
  EXPECT_EQ(driver.told<Report>()->samples, 20U);
  EXPECT_EQ(driver.told<Report>()->push_samples, 60U);
  EXPECT_FALSE(driver.effect<StartRound>().has_value());
  EXPECT_EQ(driver.worker().totals().suppressed, 2U);
  EXPECT_EQ(driver.worker().totals().pushes, 1U);
  driver.hear(WorkerDriver::release(2, ModelSource::Attached), 4.0, shared({1.0F, 2.0F}));
  driver.finish_round(5.0, 1.0);
  EXPECT_EQ(driver.told<Report>()->push_samples, 20U);
}

TEST(WorkerTest, loss_that_is_no_number_asks_for_the_global_model) {
  WorkerDriver driver(std::make_unique<GatedPush>(GateConfig{}, kCoin, false));
  driver.begin();
  driver.finish_round(1.0, std::nan(""));
  EXPECT_EQ(driver.told<Report>()->kind, ReportKind::Pull);
  EXPECT_EQ(driver.worker().state(), WorkerState::AwaitingRelease);
}

TEST(WorkerTest, vote_is_repeated_with_a_payload_when_collected) {
  WorkerDriver driver(std::make_unique<VoteEveryRound>());
  driver.begin();
  driver.finish_round(1.0);
  EXPECT_TRUE(driver.told<Report>()->vote);
  EXPECT_EQ(driver.told<Report>()->payload, PayloadKind::None);
  driver.hear(Collect{Ticket{9}}, 1.5);
  EXPECT_TRUE(driver.is_quiet());  // not of this release
  driver.hear(Collect{Ticket{1}}, 2.0);
  EXPECT_EQ(driver.told<Report>()->kind, ReportKind::Push);
  EXPECT_EQ(driver.told<Report>()->payload, PayloadKind::Delta);
  EXPECT_EQ(driver.told<Report>()->round, Round{1});
  EXPECT_EQ(driver.worker().state(), WorkerState::AwaitingRelease);
}

TEST(WorkerTest, release_without_a_model_keeps_the_local_one) {
  WorkerDriver driver(std::make_unique<VoteEveryRound>());
  driver.begin();
  driver.finish_round(1.0);
  driver.hear(WorkerDriver::release(2, ModelSource::Keep), 2.0);
  EXPECT_FALSE(driver.effect<AdoptModel>().has_value());
  EXPECT_TRUE(driver.effect<StartRound>().has_value());
  driver.finish_round(3.0);
  EXPECT_EQ(driver.told<Report>()->push_samples, 40U);
}

TEST(WorkerTest, reissue_drops_the_present_round) {
  WorkerDriver driver;
  driver.begin();
  driver.hear(WorkerDriver::release(2), 1.0);
  EXPECT_TRUE(driver.effect<AbandonRound>().has_value());
  EXPECT_TRUE(driver.effect<AdoptModel>().has_value());
  EXPECT_TRUE(driver.effect<StartRound>().has_value());
  driver.finish_round(2.0);
  EXPECT_EQ(driver.told<Report>()->ticket, Ticket{2});
  EXPECT_EQ(driver.told<Report>()->round, Round{1});  // the dropped one does not count
  EXPECT_EQ(driver.told<Report>()->push_samples, 20U);
}

TEST(WorkerTest, reissue_while_loading_adopts_and_goes_on_loading) {
  WorkerDriver driver;
  driver.bring_to(WorkerState::Loading);
  driver.hear(WorkerDriver::release(2), 1.0);
  EXPECT_TRUE(driver.effect<AdoptModel>().has_value());
  EXPECT_FALSE(driver.effect<StartRound>().has_value());
  EXPECT_FALSE(driver.effect<LoadAssignment>().has_value());
  driver.step(AssignmentLoaded{}, 2.0);
  EXPECT_TRUE(driver.effect<StartRound>().has_value());
}

TEST(WorkerTest, changed_assignment_is_loaded_first) {
  WorkerDriver driver;
  driver.begin();
  driver.finish_round(1.0);
  driver.hear(WorkerDriver::release(2, ModelSource::Initial, 2), 2.0);
  EXPECT_EQ(driver.effect<LoadAssignment>()->assignment.generation, 2U);
  EXPECT_EQ(driver.worker().state(), WorkerState::Loading);
}

TEST(WorkerTest, older_release_is_ignored) {
  for (const std::uint64_t ticket : {1U, 2U}) {
    WorkerDriver driver;
    driver.begin();
    driver.hear(WorkerDriver::release(2), 1.0);
    driver.hear(WorkerDriver::release(ticket), 2.0);
    EXPECT_TRUE(driver.is_quiet());
  }
}

TEST(WorkerTest, a_wait_that_the_stop_ends_is_the_servers) {
  WorkerDriver driver;
  driver.begin();
  driver.finish_round(1.0);
  driver.hear(Stop{StopReason::Patience, 0, {}}, 3.0);
  EXPECT_EQ(driver.told<Leave>()->totals.wait_seconds, 2.0);
  EXPECT_EQ(driver.told<Leave>()->totals.wire_seconds, 0.0);
  EXPECT_EQ(driver.told<Leave>()->totals.run_seconds, 3.0);
}

TEST(WorkerTest, a_hold_longer_than_the_wait_leaves_nothing_for_the_wire) {
  WorkerDriver driver;
  driver.begin();
  driver.finish_round(1.0);
  Release answer = WorkerDriver::release(2, ModelSource::Attached);
  answer.held_seconds = 1e9;
  driver.hear(answer, 3.0, shared({1.0F, 2.0F}));
  EXPECT_EQ(driver.worker().totals().wait_seconds, 2.0);
  EXPECT_EQ(driver.worker().totals().wire_seconds, 0.0);
}

TEST(WorkerTest, stop_is_accepted_in_every_state) {
  for (const WorkerState state : kUnfinished) {
    WorkerDriver driver;
    driver.bring_to(state);
    ASSERT_EQ(driver.worker().state(), state);
    driver.hear(Stop{StopReason::Patience, 0, "enough"}, 1.0);
    EXPECT_EQ(driver.told<Leave>()->reason, StopReason::Patience);
    EXPECT_EQ(driver.told<Leave>()->totals, driver.worker().totals());
    EXPECT_EQ(driver.effect<WorkerFinished>()->detail, "enough");
    const bool was_busy = state == WorkerState::Loading || state == WorkerState::Computing;
    EXPECT_EQ(driver.effect<AbandonRound>().has_value(), was_busy);
    EXPECT_EQ(driver.worker().state(), WorkerState::Finished);
    driver.hear(WorkerDriver::release(5), 2.0);
    EXPECT_TRUE(driver.is_quiet());
    driver.step(Ticked{}, 1000.0);
    EXPECT_TRUE(driver.is_quiet());
  }
}

TEST(WorkerTest, what_no_server_says_is_an_error) {
  const MessageBody bodies[] = {Join{}, Report{}, Leave{}};
  for (const MessageBody& body : bodies) {
    for (const WorkerState state : kUnfinished) {
      WorkerDriver driver;
      driver.bring_to(state);
      try {
        driver.hear(body, 1.0);
        ADD_FAILURE() << "accepted a " << kind_name(body);
      } catch (const ProtocolError& error) {
        EXPECT_NE(std::string(error.what()).find(kind_name(body)), std::string::npos);
      }
    }
  }
}

TEST(WorkerTest, release_that_makes_no_sense_is_an_error) {
  const SharedParameters model = shared({1.0F, 2.0F});
  const auto hear = [](const Release& release, const SharedParameters& payload) {
    WorkerDriver driver;
    driver.bring_to(WorkerState::AwaitingRelease);
    driver.hear(release, 1.0, payload);
  };
  const Release good = WorkerDriver::release(2);
  EXPECT_NO_THROW(hear(good, {}));
  EXPECT_THROW(hear(good, model), ProtocolError);
  EXPECT_THROW(hear(WorkerDriver::release(2, ModelSource::Keep), model), ProtocolError);
  EXPECT_THROW(hear(WorkerDriver::release(2, ModelSource::Attached), {}), ProtocolError);
  Release bad = good;
  bad.plan.rounds = 0;
  EXPECT_THROW(hear(bad, {}), ProtocolError);
  bad = good;
  bad.assignment.minibatch = 0;
  EXPECT_THROW(hear(bad, {}), ProtocolError);
  bad = good;
  bad.assignment.shard_rows = 0;
  EXPECT_THROW(hear(bad, {}), ProtocolError);
  bad = good;
  bad.assignment.pool_count = 0;
  EXPECT_THROW(hear(bad, {}), ProtocolError);
  bad = good;
  bad.assignment.minibatch = kMinibatchMax + 1;
  EXPECT_THROW(hear(bad, {}), ProtocolError);
}

TEST(WorkerTest, heartbeats_fill_the_silence) {
  WorkerDriver driver;
  driver.begin(10.0);
  driver.step(Ticked{}, 10.4);
  EXPECT_TRUE(driver.is_quiet());
  driver.step(Ticked{}, 10.5);
  EXPECT_TRUE(driver.told<Heartbeat>().has_value());
  driver.finish_round(10.8);
  driver.step(Ticked{}, 11.0);  // a report is as good as a heartbeat
  EXPECT_TRUE(driver.is_quiet());
}

TEST(WorkerTest, leaves_when_the_server_is_silent) {
  for (const WorkerState state : kUnfinished) {
    WorkerDriver driver;
    driver.bring_to(state);
    for (double now = 1.0; now <= 30.0; now += 1.0) {
      driver.step(Ticked{}, now);
    }
    EXPECT_NE(driver.worker().state(), WorkerState::Finished);
    driver.step(Ticked{}, 30.5);
    EXPECT_EQ(driver.effect<WorkerFinished>()->reason, StopReason::ServerLost);
  }
}

TEST(WorkerTest, anything_from_the_server_breaks_its_silence) {
  WorkerDriver driver;
  driver.begin();
  for (double now = 1.0; now <= 100.0; now += 1.0) {
    if (std::fmod(now, 25.0) == 0.0) {
      driver.hear(Heartbeat{}, now);
    }
    driver.step(Ticked{}, now);
  }
  EXPECT_EQ(driver.worker().state(), WorkerState::Computing);
}

TEST(WorkerTest, frozen_worker_does_not_blame_the_server) {
  WorkerDriver driver;
  driver.begin();
  driver.step(Ticked{}, 1.0);
  driver.step(Ticked{}, 500.0);
  EXPECT_EQ(driver.worker().state(), WorkerState::Computing);
  EXPECT_TRUE(driver.told<Heartbeat>().has_value());
  for (double now = 501.0; now <= 530.0; now += 1.0) {
    driver.step(Ticked{}, now);
  }
  driver.step(Ticked{}, 530.5);
  EXPECT_EQ(driver.worker().state(), WorkerState::Finished);
}

TEST(WorkerTest, failure_of_the_executor_is_told_to_the_server) {
  for (const WorkerState state : kUnfinished) {
    WorkerDriver driver;
    driver.bring_to(state);
    driver.step(WorkerFailed{StopReason::BadInput, "rows.h5 is damaged"}, 1.0);
    EXPECT_EQ(driver.told<Leave>()->reason, StopReason::BadInput);
    EXPECT_EQ(driver.told<Leave>()->detail, "rows.h5 is damaged");
    EXPECT_EQ(driver.effect<WorkerFinished>()->reason, StopReason::BadInput);
  }
}

TEST(WorkerDeathTest, executor_answers_only_what_it_was_asked) {
  WorkerDriver driver;
  driver.bring_to(WorkerState::Computing);
  EXPECT_DEATH(driver.step(AssignmentLoaded{}, 1.0), "nothing was being loaded");
  driver.finish_round(1.0);
  EXPECT_DEATH(driver.finish_round(2.0), "no round was running");
}

}  // namespace
}  // namespace hermes::protocol
