// The worker in a time box, and the worker that trains on while its push is in flight.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "protocol/worker_driver.hpp"

namespace hermes::protocol {
namespace {

/// Pushes every round, a loss that is no number asks for the model; does not wait.
class PushAndGoOn final : public PushRule {
 public:
  bool overlaps() const override { return true; }
  PushDecision decide(const RoundOutcome& outcome, std::uint32_t /*rounds_left*/) override {
    return {.kind = std::isfinite(outcome.validation_loss) ? ReportKind::Push : ReportKind::Pull};
  }
};

Release boxed(std::uint64_t ticket, double box_seconds) {
  Release release = WorkerDriver::release(ticket);
  release.plan.box_seconds = box_seconds;
  return release;
}

TEST(WorkerBoxTest, box_is_counted_from_the_start_of_the_round_and_ends_it_once) {
  WorkerDriver driver;
  driver.step(WorkerStarted{}, 0.0);
  driver.hear(boxed(1, 2.0), 1.0);
  driver.step(AssignmentLoaded{}, 5.0);
  EXPECT_TRUE(driver.effect<StartRound>()->is_open_ended);
  driver.step(Ticked{}, 6.9);
  EXPECT_FALSE(driver.effect<FinishRound>().has_value());
  driver.step(Ticked{}, 7.0);
  EXPECT_TRUE(driver.effect<FinishRound>().has_value());
  driver.step(Ticked{}, 9.0);
  EXPECT_FALSE(driver.effect<FinishRound>().has_value());
  driver.finish_round(9.5);
  EXPECT_EQ(driver.told<Report>()->kind, ReportKind::Push);
  driver.step(Ticked{}, 12.0);
  EXPECT_FALSE(driver.effect<FinishRound>().has_value());
}

TEST(WorkerBoxTest, next_round_has_a_box_of_its_own_or_none) {
  WorkerDriver driver;
  driver.step(WorkerStarted{}, 0.0);
  driver.hear(boxed(1, 2.0), 0.0);
  driver.step(AssignmentLoaded{}, 0.0);
  driver.hear(boxed(2, 5.0), 1.0);  // a reissue: the end of the first box means nothing any more
  driver.step(Ticked{}, 3.0);
  EXPECT_FALSE(driver.effect<FinishRound>().has_value());
  driver.step(Ticked{}, 6.0);
  EXPECT_TRUE(driver.effect<FinishRound>().has_value());
  driver.finish_round(6.1);
  driver.hear(boxed(3, 0.0), 6.5);
  EXPECT_FALSE(driver.effect<StartRound>()->is_open_ended);
  driver.step(Ticked{}, 20.0);
  EXPECT_FALSE(driver.effect<FinishRound>().has_value());
}

TEST(WorkerOverlapTest, trains_on_after_a_push_and_takes_over_what_it_learned) {
  WorkerDriver driver(std::make_unique<PushAndGoOn>());
  driver.begin();
  driver.finish_round(1.0);
  EXPECT_EQ(driver.told<Report>()->kind, ReportKind::Push);
  EXPECT_TRUE(driver.effect<StartRound>().has_value());
  EXPECT_EQ(driver.worker().state(), WorkerState::Computing);
  driver.hear(WorkerDriver::release(2, ModelSource::Attached), 1.5, shared({1.0F, 2.0F}));
  EXPECT_TRUE(driver.effect<AdoptModel>()->rebase);
  EXPECT_FALSE(driver.effect<AbandonRound>().has_value());
  EXPECT_FALSE(driver.effect<StartRound>().has_value());
  driver.finish_round(2.0);
  EXPECT_EQ(driver.told<Report>()->ticket, Ticket{2});
  EXPECT_EQ(driver.told<Report>()->base, Version{2});
  EXPECT_EQ(driver.told<Report>()->push_samples, 20U);  // those before went with the first push
}

TEST(WorkerOverlapTest, round_that_ends_before_the_answer_is_held_and_told_after_it) {
  WorkerDriver driver(std::make_unique<PushAndGoOn>());
  driver.begin();
  driver.finish_round(1.0);
  driver.finish_round(2.0);
  EXPECT_TRUE(driver.is_quiet());
  EXPECT_EQ(driver.worker().state(), WorkerState::AwaitingRelease);
  Release answer = WorkerDriver::release(2, ModelSource::Attached);
  answer.held_seconds = 1.25;  // of two seconds since the push, of which the worker waited one
  driver.hear(answer, 3.0, shared({1.0F, 2.0F}));
  EXPECT_TRUE(driver.effect<AdoptModel>()->rebase);
  ASSERT_TRUE(driver.told<Report>().has_value());
  EXPECT_EQ(driver.told<Report>()->ticket, Ticket{2});
  EXPECT_EQ(driver.told<Report>()->round, Round{2});
  EXPECT_TRUE(driver.effect<StartRound>().has_value());  // in flight again
  EXPECT_EQ(driver.worker().totals().pushes, 2U);
  EXPECT_EQ(driver.worker().totals().wait_seconds, 0.25);
  EXPECT_EQ(driver.worker().totals().wire_seconds, 0.75);
}

TEST(WorkerOverlapTest, box_begins_with_the_answer_to_the_push_before_it) {
  WorkerDriver driver(std::make_unique<PushAndGoOn>());
  driver.step(WorkerStarted{}, 0.0);
  driver.hear(boxed(1, 2.0), 0.0);
  driver.step(AssignmentLoaded{}, 0.0);
  driver.step(Ticked{}, 2.0);
  driver.finish_round(2.0);  // pushes and trains on
  Release answer = boxed(2, 3.0);
  answer.model = ModelSource::Attached;
  answer.version = Version{2};
  driver.hear(answer, 3.5, shared({1.0F, 2.0F}));
  EXPECT_TRUE(driver.effect<AdoptModel>()->rebase);
  driver.step(Ticked{}, 6.4);
  EXPECT_FALSE(driver.effect<FinishRound>().has_value());
  driver.step(Ticked{}, 6.5);
  EXPECT_TRUE(driver.effect<FinishRound>().has_value());
}

TEST(WorkerOverlapTest, who_gets_no_answer_trains_for_one_box_more) {
  WorkerDriver driver(std::make_unique<PushAndGoOn>());
  driver.step(WorkerStarted{}, 0.0);
  driver.hear(boxed(1, 2.0), 0.0);
  driver.step(AssignmentLoaded{}, 0.0);
  driver.step(Ticked{}, 2.0);
  driver.finish_round(2.0);
  driver.step(Ticked{}, 4.0);
  EXPECT_TRUE(driver.effect<FinishRound>().has_value());
  driver.finish_round(4.1);
  EXPECT_EQ(driver.worker().state(), WorkerState::AwaitingRelease);
}

TEST(WorkerOverlapTest, new_assignment_is_loaded_and_nothing_learned_is_lost) {
  WorkerDriver computing(std::make_unique<PushAndGoOn>());
  computing.begin();
  computing.finish_round(1.0);
  computing.hear(WorkerDriver::release(2, ModelSource::Attached, 2), 2.0, shared({1.0F, 2.0F}));
  EXPECT_TRUE(computing.effect<AbandonRound>().has_value());
  EXPECT_TRUE(computing.effect<AdoptModel>()->rebase);
  EXPECT_TRUE(computing.effect<LoadAssignment>().has_value());
  EXPECT_EQ(computing.worker().state(), WorkerState::Loading);

  WorkerDriver held(std::make_unique<PushAndGoOn>());
  held.begin();
  held.finish_round(1.0);
  held.finish_round(2.0);
  held.hear(WorkerDriver::release(2, ModelSource::Attached, 2), 3.0, shared({1.0F, 2.0F}));
  EXPECT_TRUE(held.effect<AdoptModel>()->rebase);
  EXPECT_EQ(held.worker().state(), WorkerState::Loading);
  EXPECT_FALSE(held.told<Report>().has_value());
  held.step(AssignmentLoaded{}, 4.0);
  held.finish_round(5.0);
  EXPECT_EQ(held.told<Report>()->round, Round{3});
  EXPECT_EQ(held.told<Report>()->push_samples, 40U);  // the held round's too
}

TEST(WorkerOverlapTest, second_release_in_a_row_is_a_reissue) {
  WorkerDriver driver(std::make_unique<PushAndGoOn>());
  driver.begin();
  driver.finish_round(1.0);
  driver.hear(WorkerDriver::release(2, ModelSource::Attached), 1.5, shared({1.0F, 2.0F}));
  driver.hear(WorkerDriver::release(3, ModelSource::Attached), 1.6, shared({3.0F, 4.0F}));
  EXPECT_TRUE(driver.effect<AbandonRound>().has_value());
  EXPECT_FALSE(driver.effect<AdoptModel>()->rebase);
  EXPECT_TRUE(driver.effect<StartRound>().has_value());
}

TEST(WorkerOverlapTest, initial_model_is_no_answer_to_build_on) {
  for (const bool is_held : {false, true}) {
    WorkerDriver driver(std::make_unique<PushAndGoOn>());
    driver.begin();
    driver.finish_round(1.0);
    if (is_held) {
      driver.finish_round(2.0);
    }
    driver.hear(WorkerDriver::release(2, ModelSource::Initial), 3.0);
    EXPECT_EQ(driver.effect<AbandonRound>().has_value(), !is_held);
    EXPECT_FALSE(driver.effect<AdoptModel>()->rebase);
    EXPECT_FALSE(driver.told<Report>().has_value());
    EXPECT_TRUE(driver.effect<StartRound>().has_value());
    driver.finish_round(4.0);
    EXPECT_EQ(driver.told<Report>()->push_samples, 20U);
  }
}

TEST(WorkerOverlapTest, pull_waits_and_its_model_replaces_the_local_one) {
  WorkerDriver driver(std::make_unique<PushAndGoOn>());
  driver.begin();
  driver.finish_round(1.0, std::nan(""));
  EXPECT_EQ(driver.told<Report>()->kind, ReportKind::Pull);
  EXPECT_EQ(driver.worker().state(), WorkerState::AwaitingRelease);
  driver.hear(WorkerDriver::release(2, ModelSource::Attached), 2.0, shared({1.0F, 2.0F}));
  EXPECT_FALSE(driver.effect<AdoptModel>()->rebase);
}

TEST(WorkerOverlapTest, stop_ends_the_round_in_progress_and_forgets_a_held_one) {
  for (const bool is_held : {false, true}) {
    WorkerDriver driver(std::make_unique<PushAndGoOn>());
    driver.begin();
    driver.finish_round(1.0);
    if (is_held) {
      driver.finish_round(2.0);
    }
    driver.hear(Stop{.reason = StopReason::MaxRounds}, 3.0);
    EXPECT_EQ(driver.effect<AbandonRound>().has_value(), !is_held);
    EXPECT_EQ(driver.told<Leave>()->totals.rounds, is_held ? 2U : 1U);
    EXPECT_EQ(driver.worker().state(), WorkerState::Finished);
    EXPECT_EQ(driver.worker().totals().pushes, 1U);
  }
}

}  // namespace
}  // namespace hermes::protocol
