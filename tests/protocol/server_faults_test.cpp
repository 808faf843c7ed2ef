// What the server does when workers misbehave, fall silent, come back, or are not what they claim.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "protocol/server_driver.hpp"

namespace hermes::protocol {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

ServerDriver started(const StrategyConfig& strategy = BspConfig{}, std::uint32_t workers = 2) {
  ServerDriver driver(strategy, server_config(workers));
  driver.join_all();
  return driver;
}

TEST(ServerFaultsTest, worker_that_fell_silent_while_gathering_starts_with_the_others) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.join(1);
  driver.idle(0.5, 11.0, {});
  ASSERT_EQ(driver.peer(1).state, PeerState::Lost);
  driver.say(1, Heartbeat{}, 12.0);
  EXPECT_EQ(driver.peer(1).state, PeerState::Joined);
  EXPECT_EQ(driver.noted<WorkerReturned>().size(), 1U);
  driver.join(2, 12.0);
  EXPECT_EQ(driver.server().state(), ServerState::Training);
  EXPECT_TRUE(driver.told<Release>(1).has_value());
}

TEST(ServerFaultsTest, worker_on_its_way_is_told_to_stop_too) {
  ServerDriver driver(BspConfig{}, server_config(3));
  driver.join(1);
  driver.say(2, Leave{StopReason::BadInput, {}, "no such file"}, 1.0);
  for (const int rank : {1, 3}) {
    const std::optional<Stop> stop = driver.told<Stop>(rank);
    ASSERT_TRUE(stop.has_value()) << rank;
    EXPECT_EQ(stop->reason, StopReason::BadInput);
  }
  EXPECT_FALSE(driver.told<Stop>(2).has_value());
}

TEST(ServerFaultsTest, worker_that_joins_again_starts_afresh) {
  ServerDriver driver = started();
  driver.push(1, {1.0F, 1.0F}, 1.0);
  ASSERT_TRUE(driver.peer(1).pending.has_value());
  driver.join(1, 2.0);                               // a new process under the same rank
  EXPECT_EQ(driver.rejected(), RejectReason::Late);  // nobody stands for its old push any more
  EXPECT_FALSE(driver.peer(1).pending.has_value());
  ASSERT_TRUE(driver.told<Release>(1).has_value());
  Report report = driver.next_report(1);
  report.round = Round{1};  // and it counts from one
  driver.say(1, report, 3.0, shared({2.0F, 2.0F}));
  EXPECT_EQ(driver.rejected(), std::nullopt);
}

TEST(ServerFaultsTest, worker_lost_while_it_waited_goes_on_waiting) {
  ServerDriver driver = started(BspConfig{}, 3);
  driver.push(1, {kNan, 0.0F}, 1.0);  // counts as a round, brings nothing
  ASSERT_EQ(driver.peer(1).state, PeerState::Waiting);
  driver.idle(1.5, 13.0, {2, 3});
  ASSERT_EQ(driver.peer(1).state, PeerState::Lost);
  driver.say(1, Heartbeat{}, 13.5);
  EXPECT_EQ(driver.peer(1).state, PeerState::Waiting);
  EXPECT_FALSE(driver.told<Release>(1).has_value());  // else it would run ahead of the barrier
  driver.push(2, {1.0F, 1.0F}, 14.0);
  driver.push(3, {3.0F, 3.0F}, 14.0);
  EXPECT_TRUE(driver.told<Release>(1).has_value());
  EXPECT_EQ(driver.global(), (std::vector<float>{2.0F, 2.0F}));
}

TEST(ServerFaultsTest, worker_that_returns_takes_part_in_the_present_round) {
  ServerDriver driver = started(BspConfig{}, 2);
  driver.idle(0.5, 11.0, {1});
  ASSERT_EQ(driver.peer(2).state, PeerState::Lost);
  for (double now = 12.0; now < 15.0; now += 1.0) {
    driver.push(1, {1.0F, 1.0F}, now);  // version 1 is being evaluated, 2 waits, 3 is held back
  }
  ASSERT_EQ(driver.peer(1).state, PeerState::Waiting);
  ASSERT_EQ(driver.peer(1).clock, Round{3});
  driver.say(2, Heartbeat{}, 15.0);
  EXPECT_EQ(driver.peer(2).clock, Round{2});
  driver.push(2, {1.0F, 1.0F}, 16.0);
  EXPECT_EQ(driver.peer(2).clock, Round{3});
}

TEST(ServerFaultsTest, worker_that_returns_waiting_has_made_the_present_round) {
  ServerDriver driver = started(BspConfig{}, 2);
  driver.push(2, {1.0F, 1.0F}, 0.5);
  driver.idle(1.0, 12.0, {1});
  ASSERT_EQ(driver.peer(2).state, PeerState::Lost);
  driver.push(1, {1.0F, 1.0F}, 12.0);
  driver.push(1, {1.0F, 1.0F}, 13.0);
  ASSERT_EQ(driver.peer(1).clock, Round{2});
  driver.say(2, Heartbeat{}, 14.0);
  EXPECT_EQ(driver.peer(2).state, PeerState::Waiting);
  EXPECT_EQ(driver.peer(2).clock, Round{3});
  driver.push(1, {1.0F, 1.0F}, 15.0);
  EXPECT_EQ(driver.peer(1).clock, driver.peer(2).clock);
}

TEST(ServerFaultsTest, global_loss_that_is_no_number_does_not_spoil_the_model) {
  ServerDriver driver = started(HermesConfig{}, 1);
  driver.payload_kind = PayloadKind::Displacement;
  driver.push(1, {1.0F, 1.0F}, 1.0);
  driver.step(Evaluated{Version{1}, std::nan(""), 0.0}, 1.5);
  driver.push(1, {2.0F, 2.0F}, 2.0);
  EXPECT_EQ(driver.global(), (std::vector<float>{3.0F, 1.0F}));  // w_0 + D, the old one counts nil
}

}  // namespace
}  // namespace hermes::protocol
