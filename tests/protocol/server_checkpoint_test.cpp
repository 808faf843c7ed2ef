#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include "hermes/core/error.hpp"
#include "protocol/server_driver.hpp"

namespace hermes::protocol {
namespace {

using testing::ElementsAre;

ServerConfig saving_config(std::uint32_t workers) {
  ServerConfig config = server_config(workers);
  config.checkpoint = {.is_on = true, .every = seconds(10.0), .patience = seconds(5.0)};
  config.liveness.worker_timeout = seconds(1000.0);
  return config;
}

void push_with_state(ServerDriver& driver, int rank, std::vector<float> values, double now) {
  Report report = driver.next_report(rank);
  report.captured = true;
  driver.say(rank, report, now, shared(std::move(values)));
}

Bytes saved_state(const ServerDriver& driver) {
  const std::vector<SaveCheckpoint> saved = driver.effects_of<SaveCheckpoint>();
  return saved.empty() ? Bytes{} : saved.front().state;
}

class ServerCheckpointTest : public testing::Test {
 protected:
  ServerCheckpointTest() { barrier_.join_all(); }

  /// Asks for states at 10 s; both push with theirs.
  Bytes save_at_barrier() {
    barrier_.tick(10.0);
    push_with_state(barrier_, 1, {1.0F, 1.0F}, 11.0);
    EXPECT_TRUE(saved_state(barrier_).empty());
    push_with_state(barrier_, 2, {3.0F, 5.0F}, 12.0);
    return saved_state(barrier_);
  }

  ServerDriver barrier_{BspConfig{}, saving_config(2)};
};

TEST_F(ServerCheckpointTest, is_due_after_its_time_and_asks_every_worker_once) {
  barrier_.tick(9.9);
  EXPECT_FALSE(barrier_.told<Capture>(1).has_value());
  barrier_.tick(10.0);
  EXPECT_EQ(barrier_.told<Capture>(1), Capture{true});
  EXPECT_EQ(barrier_.told<Capture>(2), Capture{true});
  barrier_.tick(30.0);
  EXPECT_FALSE(barrier_.told<Capture>(1).has_value());
}

TEST_F(ServerCheckpointTest, a_barrier_is_saved_before_its_merge_and_tells_the_workers_to_stop) {
  ASSERT_FALSE(save_at_barrier().empty());
  EXPECT_EQ(barrier_.effects_of<SaveCheckpoint>()[0].version, Version{0});
  EXPECT_THAT(barrier_.effects_of<SaveCheckpoint>()[0].captured, ElementsAre(Rank{1}, Rank{2}));
  EXPECT_EQ(barrier_.told<Capture>(1), Capture{false});
  EXPECT_EQ(barrier_.global(), (std::vector{2.0F, 3.0F}));  // merged in the same step, afterwards
}

TEST_F(ServerCheckpointTest, a_report_without_a_state_does_not_count) {
  barrier_.tick(10.0);
  push_with_state(barrier_, 1, {1.0F, 1.0F}, 11.0);
  barrier_.push(2, {3.0F, 5.0F}, 12.0);  // was under way when the state was asked for
  EXPECT_TRUE(saved_state(barrier_).empty());
  push_with_state(barrier_, 1, {1.0F, 1.0F}, 13.0);
  push_with_state(barrier_, 2, {1.0F, 1.0F}, 14.0);
  EXPECT_FALSE(saved_state(barrier_).empty());
}

TEST_F(ServerCheckpointTest, a_server_that_resumes_merges_what_waited_and_lets_all_go_on) {
  const Bytes state = save_at_barrier();
  ServerDriver again(BspConfig{}, saving_config(2));
  again.resume(state);
  again.join(1, 13.0);
  EXPECT_FALSE(again.told<Release>(1).has_value());  // not all are there
  again.join(2, 13.1);
  EXPECT_EQ(again.noted<TrainingStarted>()[0].workers, 2U);
  EXPECT_EQ(again.global(), barrier_.global());
  EXPECT_EQ(again.server().version(), Version{1});
  for (const int rank : {1, 2}) {
    ASSERT_TRUE(again.told<Release>(rank).has_value());
    Release expected = barrier_.last_release(rank);
    expected.held_seconds = again.told<Release>(rank)->held_seconds;  // since it resumed
    EXPECT_EQ(*again.told<Release>(rank), expected);
  }
}

TEST_F(ServerCheckpointTest, who_never_reported_its_state_begins_anew) {
  barrier_.tick(10.0);
  push_with_state(barrier_, 1, {1.0F, 1.0F}, 11.0);
  barrier_.step(Interrupted{}, 12.0);
  EXPECT_EQ(barrier_.server().state(), ServerState::Training);
  barrier_.tick(17.1);  // patience
  ASSERT_FALSE(saved_state(barrier_).empty());
  EXPECT_THAT(barrier_.effects_of<SaveCheckpoint>()[0].captured, ElementsAre(Rank{1}));
  EXPECT_EQ(barrier_.told<Stop>(1)->reason, StopReason::Interrupted);

  ServerDriver again(BspConfig{}, saving_config(2));
  again.resume(saved_state(barrier_));
  again.join_all(20.0);
  EXPECT_FALSE(again.told<Release>(1).has_value());  // its push counts: it waits at the barrier
  EXPECT_EQ(again.told<Release>(2)->model, ModelSource::Initial);
  again.push(2, {5.0F, 5.0F}, 21.0);
  EXPECT_EQ(again.global(), (std::vector{3.0F, 3.0F}));
}

TEST_F(ServerCheckpointTest, a_worker_that_takes_ten_intervals_is_not_waited_for) {
  barrier_.tick(10.0);
  push_with_state(barrier_, 1, {1.0F, 1.0F}, 11.0);
  barrier_.tick(110.0);
  EXPECT_TRUE(saved_state(barrier_).empty());
  barrier_.tick(110.1);
  ASSERT_FALSE(saved_state(barrier_).empty());
  EXPECT_THAT(barrier_.effects_of<SaveCheckpoint>()[0].captured, ElementsAre(Rank{1}));
  EXPECT_EQ(barrier_.told<Capture>(2), Capture{false});
  EXPECT_EQ(barrier_.server().state(), ServerState::Training);
}

TEST_F(ServerCheckpointTest, the_state_beside_a_report_that_is_not_finite_does_not_count) {
  barrier_.tick(10.0);
  push_with_state(barrier_, 1, {1.0F, 1.0F}, 11.0);
  push_with_state(barrier_, 2, {1.0F, std::numeric_limits<float>::infinity()}, 12.0);
  EXPECT_EQ(barrier_.rejected(), RejectReason::NonFinite);
  EXPECT_TRUE(saved_state(barrier_).empty());
  push_with_state(barrier_, 1, {1.0F, 1.0F}, 13.0);
  push_with_state(barrier_, 2, {1.0F, 1.0F}, 14.0);
  EXPECT_FALSE(saved_state(barrier_).empty());
}

TEST_F(ServerCheckpointTest, an_interrupted_run_is_saved_and_then_stops) {
  barrier_.step(Interrupted{}, 1.0);
  EXPECT_EQ(barrier_.told<Capture>(1), Capture{true});
  push_with_state(barrier_, 1, {1.0F, 1.0F}, 2.0);
  push_with_state(barrier_, 2, {1.0F, 1.0F}, 3.0);
  EXPECT_FALSE(saved_state(barrier_).empty());
  EXPECT_EQ(barrier_.server().state(), ServerState::Draining);
  EXPECT_EQ(barrier_.rejected(), RejectReason::Stopped);  // in the checkpoint they are still there
}

TEST_F(ServerCheckpointTest, all_workers_gone_are_saved_too) {
  barrier_.push(1, {1.0F, 1.0F}, 1.0);
  barrier_.say(1, Leave{.reason = StopReason::Failed}, 2.0);
  barrier_.say(2, Leave{.reason = StopReason::Failed}, 2.1);
  EXPECT_FALSE(saved_state(barrier_).empty());
  EXPECT_TRUE(barrier_.effects_of<SaveCheckpoint>()[0].captured.empty());
}

TEST(ServerCheckpointKeepTest, who_held_its_update_back_goes_on_from_its_own_model) {
  ServerDriver driver(HermesConfig{}, saving_config(2));
  driver.payload_kind = PayloadKind::Displacement;
  driver.join_all();
  driver.push(2, {1.0F, 1.0F}, 1.0);
  driver.tick(10.0);
  Report held = driver.next_report(1, ReportKind::Suppressed);
  held.captured = true;
  driver.say(1, held, 11.0);
  push_with_state(driver, 2, {1.0F, 1.0F}, 12.0);
  const Bytes state = saved_state(driver);
  ASSERT_FALSE(state.empty());

  ServerDriver again(HermesConfig{}, saving_config(2));
  again.resume(state);
  again.join_all(20.0);
  EXPECT_EQ(again.told<Release>(1)->model, ModelSource::Keep);
  EXPECT_EQ(again.told<Release>(1)->version, driver.last_release(1).version);
  EXPECT_GT(again.told<Release>(1)->ticket, held.ticket);
  EXPECT_EQ(again.told<Release>(2)->model, ModelSource::Attached);
}

TEST(ServerCheckpointOffTest, nothing_is_saved_unless_it_is_on) {
  ServerDriver driver(BspConfig{}, server_config(1));
  driver.join_all();
  driver.idle(0.5, 100.0, {1});
  EXPECT_FALSE(driver.told<Capture>(1).has_value());
  driver.step(Interrupted{}, 101.0);
  EXPECT_EQ(driver.server().state(), ServerState::Draining);
}

TEST_F(ServerCheckpointTest, a_state_cut_anywhere_or_of_another_model_is_refused) {
  const Bytes state = save_at_barrier();
  for (std::size_t size = 0; size + 4 < state.size(); size += 3) {
    ServerDriver again(BspConfig{}, saving_config(2));
    EXPECT_THROW(again.resume(std::span<const std::byte>(state).first(size)), DecodeError) << size;
  }
  Server other(saving_config(2),
               make_strategy(BspConfig{}, {.allocation = StaticAllocationConfig{.rows = 50}}),
               shared({1.0F, 2.0F, 3.0F}));
  EXPECT_THROW(other.resume(state), DecodeError);
}

}  // namespace
}  // namespace hermes::protocol
