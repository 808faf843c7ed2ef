// The release rules of ssp, ebsp and selsync; that of timebox is in time_box_test.cpp.
#include "hermes/protocol/strategies/release_rules.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "protocol/roster_builder.hpp"
#include "protocol/server_driver.hpp"

namespace hermes::protocol {
namespace {

using enum PeerState;

TEST(BoundedStalenessTest, table) {
  struct Case {
    std::vector<PeerState> states;
    std::vector<std::uint64_t> clocks;
    std::uint32_t staleness;
    std::vector<Rank> released;
  };
  const Case cases[] = {
      {{Waiting, Computing}, {1, 0}, 0, {}},
      {{Waiting, Waiting}, {1, 1}, 0, {Rank{1}, Rank{2}}},
      {{Waiting, Computing}, {1, 0}, 1, {Rank{1}}},
      {{Waiting, Computing}, {4, 0}, 3, {}},
      {{Waiting, Computing}, {4, 1}, 3, {Rank{1}}},
      {{Waiting, Waiting, Computing}, {9, 6, 3}, 3, {Rank{2}}},
      {{Waiting, Lost, Computing}, {9, 0, 7}, 3, {Rank{1}}},  // the lost hold nobody
      {{Waiting, Left, Expected}, {9, 0, 0}, 0, {Rank{1}}},   // alone, it is the slowest
      {{Waiting, Waiting}, {9, 2}, 3, {Rank{2}}},             // the slowest is never held
      {{Waiting, Computing}, {9, 0}, UINT32_MAX, {Rank{1}}},
      {{Computing, Lost}, {0, 0}, 0, {}},
  };
  int row = 0;
  for (const Case& c : cases) {
    Roster roster = roster_of(c.states);
    for (std::size_t i = 0; i < c.clocks.size(); ++i) {
      roster.peers()[i].clock = Round{c.clocks[i]};
    }
    BoundedStaleness rule(c.staleness);
    const ReleaseDecision decision = rule.decide(roster, Version{}, Instant{});
    EXPECT_EQ(released(decision), c.released) << "row " << row;
    EXPECT_FALSE(decision.merge) << "row " << row;  // nothing is pending
    EXPECT_TRUE(decision.with_model);
    ++row;
  }
  EXPECT_FALSE(BoundedStaleness(3).is_barrier());
}

TEST(BoundedStalenessTest, who_is_held_has_been_merged_already) {
  Roster roster = roster_of({Waiting, Computing});
  roster.peers()[0].clock = Round{8};
  roster.peers()[0].pending = Update{};
  const ReleaseDecision decision = BoundedStaleness(3).decide(roster, Version{}, Instant{});
  EXPECT_TRUE(decision.merge);
  EXPECT_TRUE(decision.release.empty());
}

/// Released at 0, with a plan, and back at `back`.
void make_round(Peer& peer, std::uint32_t rounds, double back) {
  peer.plan.rounds = rounds;
  peer.released_at = at_seconds(10.0);
  peer.reported_at = at_seconds(10.0 + back);
}

TEST(ElasticBarrierTest, grants_what_zipline_says_of_the_seconds_per_round) {
  Roster roster = roster_of({Waiting, Left, Waiting, Waiting});
  make_round(roster.peers()[0], 1, 3.0);
  make_round(roster.peers()[2], 4, 6.0);  // 1.5 each
  make_round(roster.peers()[3], 2, 6.2);  // 3.1 each
  ElasticBarrier rule(6);
  const ReleaseDecision decision = rule.decide(roster, Version{}, at_seconds(20.0));
  EXPECT_TRUE(decision.merge);
  EXPECT_EQ(decision.release,
            (std::vector<Grant>{
                {Rank{1}, {.rounds = 1}}, {Rank{3}, {.rounds = 2}}, {Rank{4}, {.rounds = 1}}}));
  EXPECT_TRUE(rule.is_barrier());
  EXPECT_EQ(rule.first_plan(Instant{}), RoundPlan{});
}

TEST(ElasticBarrierTest, holds_until_all_who_live_wait) {
  for (const PeerState state : {Computing, Collecting, Measuring}) {
    Roster roster = roster_of({Waiting, state});
    const ReleaseDecision decision = ElasticBarrier(6).decide(roster, Version{}, Instant{});
    EXPECT_FALSE(decision.merge);
    EXPECT_TRUE(decision.release.empty());
  }
  EXPECT_FALSE(ElasticBarrier(6).decide(roster_of({Lost}), Version{}, Instant{}).merge);
}

struct Voter {
  PeerState state = Waiting;
  ReportKind said = ReportKind::Vote;
  bool yes = false;
  bool has_pending = false;
  std::uint64_t pulled = 5;
};

Roster ballot_of(const std::vector<Voter>& voters) {
  Roster roster(static_cast<std::uint32_t>(voters.size()), LivenessConfig{});
  for (std::size_t i = 0; i < voters.size(); ++i) {
    Peer& peer = roster.peers()[i];
    peer.state = voters[i].state;
    peer.last_report.kind = voters[i].said;
    peer.last_report.vote = voters[i].yes;
    peer.pulled = Version{voters[i].pulled};
    if (voters[i].has_pending) {
      peer.pending = Update{};
    }
  }
  return roster;
}

TEST(BallotTest, table) {
  const Voter no{};
  const Voter yes{.yes = true};
  const Voter computing{.state = Computing};
  const Voter collecting{.state = Collecting};
  const Voter lost_yes{.state = Lost, .yes = true};
  const Voter lost_paid{.state = Lost, .said = ReportKind::Push, .has_pending = true};
  const Voter pull{.said = ReportKind::Pull};
  const Voter paid{.said = ReportKind::Push, .has_pending = true};
  const Voter spoilt{.said = ReportKind::Push};  // its payload was not finite
  const Voter behind{.pulled = 4};
  const std::vector<Rank> none;
  const std::vector<Rank> first{Rank{1}};
  const std::vector<Rank> second{Rank{2}};
  const std::vector<Rank> both{Rank{1}, Rank{2}};
  struct Case {
    std::vector<Voter> voters;
    std::vector<Rank> collect;
    std::vector<Rank> release;
    bool with_model;
  };
  const Case cases[] = {
      {{no, computing}, none, none, true},        // 0: not all have voted
      {{yes, computing}, none, none, true},       //
      {{no, no}, none, both, false},              //
      {{no, yes}, both, none, true},              // one yes is enough
      {{yes, yes}, both, none, true},             //
      {{paid, collecting}, none, none, true},     // 5: not all payloads are there
      {{paid, paid}, none, both, true},           //
      {{paid, spoilt}, none, both, true},         // nothing is asked for twice
      {{spoilt, spoilt}, none, both, true},       // and the outcome stands
      {{paid, no}, second, none, true},           // back from silence: its payload is asked for
      {{pull, no}, second, none, true},           // 10: the lost way counts as a yes
      {{pull, pull}, none, both, true},           //
      {{no, lost_yes}, none, first, false},       // the silent have no vote
      {{no, lost_paid}, first, none, true},       // but what they paid in counts
      {{paid, lost_yes}, none, first, true},      //
      {{behind, no}, second, none, true},         // 15: not with its old model
      {{behind, paid}, none, both, true},         //
      {{lost_yes, lost_paid}, none, none, true},  // nobody is there
  };
  int row = 0;
  for (const Case& c : cases) {
    Ballot rule;
    const ReleaseDecision decision = rule.decide(ballot_of(c.voters), Version{5}, Instant{});
    EXPECT_EQ(decision.collect, c.collect) << "row " << row;
    EXPECT_EQ(released(decision), c.release) << "row " << row;
    EXPECT_EQ(decision.with_model, c.with_model) << "row " << row;
    EXPECT_EQ(decision.merge, !c.release.empty() && c.with_model) << "row " << row;
    ++row;
  }
}

SelSyncConfig never_votes_yes() {
  return {.delta = 1e9, .window = 0};
}

TEST(BallotTest, last_round_is_voted_on) {
  for (const bool wants : {false, true}) {
    ServerConfig config = server_config(2);
    config.stop.max_rounds = 1;
    ServerDriver driver(never_votes_yes(), config);
    driver.join_all();
    for (const int rank : {1, 2}) {
      EXPECT_EQ(driver.server().state(), ServerState::Training);
      Report vote = driver.next_report(rank, ReportKind::Vote);
      vote.vote = wants;
      driver.say(rank, vote, 1.0);
    }
    if (wants) {
      for (const int rank : {1, 2}) {
        ASSERT_EQ(driver.server().state(), ServerState::Training);
        Report push = driver.next_report(rank);
        push.round = Round{1};
        driver.say(rank, push, 2.0, shared({4.0F, 4.0F}));
      }
    }
    EXPECT_EQ(driver.server().version(), Version{wants ? 1U : 0U});
    EXPECT_EQ(driver.server().state(), ServerState::Draining);
  }
}

TEST(AtOnceTest, update_measured_after_its_senders_farewell_counts_and_wakes_nobody) {
  ServerDriver driver(HermesConfig{.weights = LossSource::Server}, server_config(2));
  driver.payload_kind = PayloadKind::Displacement;
  driver.join_all();
  driver.push(1, {1.0F, 2.0F}, 1.0);
  ASSERT_EQ(driver.effects_of<MeasureUpdate>().size(), 1U);
  const MeasureUpdate asked = driver.effects_of<MeasureUpdate>()[0];
  EXPECT_EQ(asked.parameters.values()[0], 2.0F);  // w_0 + D
  EXPECT_EQ(asked.parameters.values()[1], 1.0F);
  EXPECT_EQ(driver.peer(1).state, Measuring);
  EXPECT_EQ(driver.server().version(), Version{0});
  driver.say(1, Leave{}, 2.0);
  driver.step(UpdateMeasured{asked.rank, asked.ticket, 0.5}, 3.0);
  EXPECT_EQ(driver.peer(1).state, Left);
  EXPECT_EQ(driver.server().version(), Version{1});
  EXPECT_FALSE(driver.told<Release>(1).has_value());
}

TEST(AtOnceTest, measured_worker_is_answered_and_an_infinite_loss_is_rejected) {
  for (const double loss : {0.5, HUGE_VAL}) {
    ServerDriver driver(HermesConfig{.weights = LossSource::Server}, server_config(1));
    driver.payload_kind = PayloadKind::Displacement;
    driver.join_all();
    driver.push(1, {1.0F, 2.0F}, 1.0);
    const MeasureUpdate asked = driver.effects_of<MeasureUpdate>()[0];
    driver.step(UpdateMeasured{asked.rank, Ticket{9}, 0.5}, 1.5);  // of another push
    EXPECT_FALSE(driver.told<Release>(1).has_value());
    driver.step(UpdateMeasured{asked.rank, asked.ticket, loss}, 2.0);
    EXPECT_TRUE(driver.told<Release>(1).has_value());
    EXPECT_EQ(driver.server().version(), Version{loss < 1.0 ? 1U : 0U});
    EXPECT_EQ(driver.rejected().has_value(), loss > 1.0);
  }
}

TEST(AtOnceTest, running_statistics_of_a_measured_update_are_taken_as_they_were_pushed) {
  ServerConfig config = server_config(1);
  config.statistics_count = 1;
  ServerDriver driver(HermesConfig{.weights = LossSource::Server}, config);
  driver.payload_kind = PayloadKind::Displacement;
  driver.join_all();
  driver.push(1, {1.0F, 2.0F}, 1.0);
  const MeasureUpdate asked = driver.effects_of<MeasureUpdate>()[0];
  EXPECT_EQ(asked.parameters.values()[0], 2.0F);  // w_0 + D
  EXPECT_EQ(asked.parameters.values()[1], 2.0F);
}

TEST(AtOnceTest, running_statistics_are_shared_among_the_workers_that_live) {
  ServerConfig config = server_config(2);
  config.statistics_count = 1;
  ServerDriver driver(AspConfig{}, config);
  driver.payload_kind = PayloadKind::Delta;
  driver.join_all();
  driver.push(1, {1.0F, 5.0F}, 1.0);
  EXPECT_EQ(driver.server().global().values()[0], 2.0F);
  EXPECT_EQ(driver.server().global().values()[1], 2.0F);  // half of -1, half of 5
  driver.say(2, Leave{}, 2.0);
  driver.push(1, {0.0F, 7.0F}, 3.0);
  EXPECT_EQ(driver.server().global().values()[1], 7.0F);
}

}  // namespace
}  // namespace hermes::protocol
