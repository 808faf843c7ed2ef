// What the server does when workers misbehave, fall silent, come back, or are not what they claim.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "protocol/server_driver.hpp"

namespace hermes::protocol {
namespace {

using Values = std::vector<float>;

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
  EXPECT_EQ(driver.global(), (Values{2.0F, 2.0F}));
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
  EXPECT_EQ(driver.global(), (Values{3.0F, 1.0F}));  // w_0 + D, the old one counts nil
}

TEST(ServerFaultsTest, silent_worker_is_dropped_and_the_barrier_opens) {
  ServerDriver driver = started();
  driver.push(1, {3.0F, 3.0F}, 0.5);
  driver.idle(1.0, 10.0, {1});
  EXPECT_EQ(driver.peer(2).state, PeerState::Computing);
  driver.idle(10.5, 10.5, {1});
  EXPECT_EQ(driver.peer(2).state, PeerState::Lost);
  ASSERT_EQ(driver.noted<WorkerLost>().size(), 1U);
  EXPECT_TRUE(driver.told<Release>(1).has_value());
  EXPECT_FALSE(driver.told<Heartbeat>(2).has_value());
}

TEST(ServerFaultsTest, late_report_of_a_lost_worker_is_rejected_and_it_starts_afresh) {
  ServerDriver driver = started();
  driver.push(1, {3.0F, 3.0F}, 0.5);
  driver.idle(1.0, 11.0, {1});
  driver.push(2, {9.0F, 9.0F}, 12.0);
  EXPECT_EQ(driver.rejected(), RejectReason::Late);
  EXPECT_EQ(driver.noted<WorkerReturned>().size(), 1U);
  ASSERT_TRUE(driver.told<Release>(2).has_value());
  EXPECT_EQ(driver.told<Release>(2)->ticket, Ticket{2});
  EXPECT_EQ(driver.told<Release>(2)->version, Version{1});
  EXPECT_EQ(driver.peer(2).state, PeerState::Computing);
}

TEST(ServerFaultsTest, pending_push_of_a_lost_worker_is_merged_all_the_same) {
  ServerDriver driver = started(BspConfig{}, 2);
  driver.push(2, {4.0F, 4.0F}, 0.5);
  driver.idle(1.0, 12.0, {1});
  ASSERT_EQ(driver.peer(2).state, PeerState::Lost);
  driver.push(1, {2.0F, 2.0F}, 12.5);
  EXPECT_EQ(driver.global(), (Values{3.0F, 3.0F}));
  EXPECT_FALSE(driver.told<Release>(2).has_value());
}

TEST(ServerFaultsTest, worker_back_with_its_push_pending_waits_for_the_barrier) {
  ServerDriver driver = started(BspConfig{}, 2);
  driver.push(2, {4.0F, 4.0F}, 0.5);
  driver.idle(1.0, 12.0, {1});
  driver.say(2, Heartbeat{}, 12.5);
  EXPECT_EQ(driver.peer(2).state, PeerState::Waiting);
  driver.push(1, {2.0F, 2.0F}, 13.0);
  EXPECT_TRUE(driver.told<Release>(1).has_value());
  EXPECT_TRUE(driver.told<Release>(2).has_value());
}

TEST(ServerFaultsTest, frozen_server_blames_nobody) {
  ServerDriver driver = started();
  driver.idle(0.5, 2.0, {1, 2});
  driver.tick(100.0);
  EXPECT_TRUE(driver.noted<WorkerLost>().empty());
  driver.idle(100.5, 109.5, {1});
  EXPECT_EQ(driver.peer(2).state, PeerState::Computing);
  driver.idle(110.0, 110.5, {1});
  EXPECT_EQ(driver.peer(2).state, PeerState::Lost);
}

struct WrongReport {
  const char* name;
  void (*spoil)(Report& report, SharedParameters& payload);
  RejectReason reason;
  bool is_reissued;
};

TEST(ServerFaultsTest, wrong_reports_are_rejected_and_noted) {
  const WrongReport cases[] = {
      {"older ticket", [](Report& r, SharedParameters&) { r.ticket = Ticket{0}; },
       RejectReason::Late, false},
      {"future ticket", [](Report& r, SharedParameters&) { r.ticket = Ticket{9}; },
       RejectReason::Late, false},
      {"round repeated", [](Report& r, SharedParameters&) { r.round = Round{0}; },
       RejectReason::Malformed, true},
      {"base never given", [](Report& r, SharedParameters&) { r.base = Version{3}; },
       RejectReason::Malformed, true},
      {"kind of payload", [](Report& r, SharedParameters&) { r.payload = PayloadKind::Delta; },
       RejectReason::Malformed, true},
      {"no payload", [](Report&, SharedParameters& p) { p = {}; }, RejectReason::Malformed, true},
      {"one value more",
       [](Report&, SharedParameters& p) {
         p = shared({1, 2, 3});
       },
       RejectReason::Malformed, true},
      {"no samples", [](Report& r, SharedParameters&) { r.push_samples = 0; },
       RejectReason::Malformed, true},
      {"suppressed with payload",
       [](Report& r, SharedParameters&) { r.kind = ReportKind::Suppressed; },
       RejectReason::Malformed, true},
      {"vote that announces a payload",
       [](Report& r, SharedParameters& p) { r.kind = ReportKind::Vote, p = {}; },
       RejectReason::Malformed, true},
  };
  for (const WrongReport& c : cases) {
    ServerDriver driver = started(BspConfig{}, 2);
    Report report = driver.next_report(1);
    SharedParameters payload = shared({1.0F, 2.0F});
    c.spoil(report, payload);
    driver.say(1, report, 1.0, payload);
    ASSERT_EQ(driver.noted<ReportRejected>().size(), 1U) << c.name;
    EXPECT_EQ(driver.noted<ReportRejected>()[0].reason, c.reason) << c.name;
    EXPECT_EQ(driver.noted<ReportRejected>()[0].had_payload, !payload.empty()) << c.name;
    EXPECT_EQ(driver.told<Release>(1).has_value(), c.is_reissued) << c.name;
    EXPECT_TRUE(driver.noted<ReportAccepted>().empty()) << c.name;
    EXPECT_EQ(driver.peer(1).clock, Round{0}) << c.name;
  }
}

TEST(ServerFaultsTest, second_push_under_one_ticket_is_late) {
  ServerDriver driver = started();
  Report report = driver.next_report(1);
  driver.say(1, report, 1.0, shared({1.0F, 1.0F}));
  report.round = report.round.next();
  driver.say(1, report, 1.1, shared({7.0F, 7.0F}));
  EXPECT_EQ(driver.rejected(), RejectReason::Late);
  driver.push(2, {1.0F, 1.0F}, 1.2);
  EXPECT_EQ(driver.global(), (Values{1.0F, 1.0F}));
}

TEST(ServerFaultsTest, update_that_is_not_finite_is_rejected_and_its_sender_pulls) {
  struct Case {
    Values values;
    double loss;
  };
  const Case cases[] = {{{kNan, 1.0F}, 1.0},
                        {{1.0F, -std::numeric_limits<float>::infinity()}, 1.0},
                        {{1.0F, 2e30F}, 1.0},
                        {{1.0F, 1.0F}, std::nan("")}};
  for (const Case& c : cases) {
    ServerDriver driver = started(HermesConfig{}, 1);
    driver.payload_kind = PayloadKind::Displacement;
    Report report = driver.next_report(1);
    report.validation_loss = c.loss;
    driver.say(1, report, 1.0, shared(c.values));
    EXPECT_EQ(driver.rejected(), RejectReason::NonFinite);
    EXPECT_EQ(driver.server().version(), Version{0});
    ASSERT_TRUE(driver.told<Release>(1).has_value());
    EXPECT_EQ(driver.told<Release>(1)->model, ModelSource::Initial);
  }
}

TEST(ServerFaultsTest, garbled_frame_of_a_computing_worker_brings_a_new_ticket) {
  ServerDriver driver = started();
  driver.step(WorkerGarbled{Rank{1}}, 1.0);
  EXPECT_EQ(driver.rejected(), RejectReason::Malformed);
  EXPECT_EQ(driver.told<Release>(1)->ticket, Ticket{2});
  driver.push(1, {1.0F, 1.0F}, 2.0);
  driver.step(WorkerGarbled{Rank{1}}, 2.1);  // it waits anyway
  EXPECT_EQ(driver.rejected(), RejectReason::Malformed);
  EXPECT_FALSE(driver.told<Release>(1).has_value());
  EXPECT_TRUE(driver.peer(1).pending.has_value());
}

TEST(ServerFaultsTest, worker_whose_reports_can_never_be_used_holds_up_nobody) {
  ServerDriver driver = started();
  driver.push(2, {3.0F, 3.0F}, 1.0);
  for (int turn = 1; turn < 16; ++turn) {
    driver.step(WorkerGarbled{.from = Rank{1}}, 2.0);
    ASSERT_TRUE(driver.told<Release>(1).has_value()) << turn;
  }
  driver.push(1, {1.0F}, 3.0);  // too short: the sixteenth
  ASSERT_EQ(driver.noted<WorkerRefused>().size(), 1U);
  EXPECT_EQ(driver.told<Stop>(1)->reason, StopReason::Refused);
  EXPECT_EQ(driver.global(), (Values{3.0F, 3.0F}));  // the barrier has opened for the other
}

TEST(ServerFaultsTest, a_good_report_between_bad_ones_makes_up_for_them) {
  ServerDriver driver = started(AspConfig{});
  driver.payload_kind = PayloadKind::Delta;
  for (int turn = 0; turn < 40; ++turn) {
    driver.step(WorkerGarbled{.from = Rank{1}}, 1.0);
    if (turn % 15 == 14) {
      driver.push(1, {0.0F, 0.0F}, 1.0);
    }
  }
  EXPECT_TRUE(driver.peer(1).is_live());
}

TEST(ServerFaultsTest, messages_that_only_servers_send_are_rejected) {
  const MessageBody bodies[] = {Release{}, Collect{}, Stop{}};
  for (const MessageBody& body : bodies) {
    ServerDriver driver = started();
    driver.say(1, body, 1.0);
    EXPECT_EQ(driver.rejected(), RejectReason::Malformed) << kind_name(body);
  }
}

TEST(ServerFaultsTest, bad_input_is_heard_even_from_a_worker_that_never_joined) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.say(1, Leave{.reason = StopReason::BadInput}, 0.0);
  EXPECT_EQ(driver.peer(1).state, PeerState::Left);
  EXPECT_NE(driver.server().state(), ServerState::Gathering);
}

TEST(ServerFaultsTest, no_report_is_heard_before_a_join_nor_after_a_farewell_nor_from_strangers) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.say(1, Report{}, 0.0);
  EXPECT_EQ(driver.rejected(), RejectReason::Malformed);
  driver.join_all();
  driver.say(1, Leave{.reason = StopReason::Failed}, 1.0);
  EXPECT_EQ(driver.peer(1).state, PeerState::Left);
  for (const int rank : {0, 1, 3, -1}) {
    driver.say(rank, Heartbeat{}, 2.0);
    EXPECT_TRUE(driver.effects().empty()) << rank;
  }
  driver.step(WorkerGarbled{Rank{7}}, 2.0);
  EXPECT_TRUE(driver.effects().empty());
}

TEST(ServerFaultsTest, lost_worker_that_returns_while_draining_is_waited_for) {
  ServerDriver driver = started();
  driver.idle(0.5, 11.0, {1});
  ASSERT_EQ(driver.peer(2).state, PeerState::Lost);
  driver.step(Interrupted{}, 11.1);
  EXPECT_TRUE(driver.told<Stop>(2).has_value());
  driver.say(2, Heartbeat{}, 11.2);
  driver.say(1, Leave{}, 11.3);
  EXPECT_EQ(driver.server().state(), ServerState::Draining);
  driver.say(2, Leave{}, 11.4);
  EXPECT_EQ(driver.server().state(), ServerState::Finished);
}

TEST(ServerFaultsTest, worker_that_joins_while_draining_is_told_to_stop) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.join(1);
  driver.step(Interrupted{}, 1.0);
  driver.join(2, 1.1);
  EXPECT_EQ(driver.told<Stop>(2)->reason, StopReason::Interrupted);
  EXPECT_FALSE(driver.told<Release>(2).has_value());
}

TEST(ServerFaultsTest, rank_that_speaks_another_version_is_refused_by_name_when_it_joins) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.step(WorkerGarbled{Rank{1}, "wire version: expected 3, found 4"}, 0.0);
  ASSERT_EQ(driver.noted<WorkerRefused>().size(), 1U);
  EXPECT_EQ(driver.noted<WorkerRefused>()[0].why,
            "another version of hermes: wire version: expected 3, found 4");
  EXPECT_EQ(driver.told<Stop>(1)->reason, StopReason::Refused);
  driver.join(2);  // the other goes on without it
  EXPECT_EQ(driver.server().state(), ServerState::Training);
  driver.step(WorkerGarbled{Rank{2}, "wire version: expected 3, found 4"}, 1.0);  // too late
  EXPECT_TRUE(driver.noted<WorkerRefused>().empty());
  EXPECT_NE(driver.peer(2).state, PeerState::Left);
}

}  // namespace
}  // namespace hermes::protocol
