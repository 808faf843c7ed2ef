// The rules of bsp, asp and hermes, and the roster that they look at.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "hermes/protocol/roster.hpp"
#include "hermes/protocol/strategies/push_rules.hpp"
#include "hermes/protocol/strategies/release_rules.hpp"
#include "hermes/protocol/strategies/static_allocation.hpp"
#include "protocol/roster_builder.hpp"

namespace hermes::protocol {
namespace {

const RandomStream kCoin(1, RandomPurpose::Gate);

using enum PeerState;

TEST(RosterTest, ranks_begin_at_one) {
  const Roster roster = roster_of({Expected, Expected});
  EXPECT_FALSE(roster.contains(kServerRank));
  EXPECT_FALSE(roster.contains(Rank{-1}));
  EXPECT_TRUE(roster.contains(Rank{1}));
  EXPECT_TRUE(roster.contains(Rank{2}));
  EXPECT_FALSE(roster.contains(Rank{3}));
  EXPECT_EQ(roster.at(Rank{2}).rank, Rank{2});
}

TEST(RosterTest, live_are_those_that_have_work_or_wait_for_it) {
  const Roster roster = roster_of({Expected, Joined, Computing, Waiting, Collecting, Lost, Left});
  EXPECT_EQ(roster.live_count(), 3U);
  EXPECT_EQ(roster.count(Lost), 1U);
  EXPECT_FALSE(roster.all_live_waiting());
}

TEST(RosterTest, slowest_clock_and_start_are_of_the_live) {
  Roster roster = roster_of({Lost, Computing, Waiting, Waiting});
  const std::uint64_t clocks[] = {1, 6, 4, 9};
  for (std::size_t i = 0; i < 4; ++i) {
    roster.peers()[i].clock = Round{clocks[i]};
  }
  EXPECT_EQ(roster.slowest_clock(), Round{4});
  EXPECT_EQ(roster.slowest_start(), Round{3});
  EXPECT_FALSE(roster_of({Lost, Left}).slowest_clock().has_value());
  EXPECT_FALSE(roster_of({Lost, Left}).slowest_start().has_value());
}

struct ReleaseCase {
  std::vector<PeerState> states;
  std::vector<Rank> barrier;
  std::vector<Rank> at_once;
};

TEST(ReleaseRulesTest, table) {
  const ReleaseCase cases[] = {
      {{Computing, Computing}, {}, {}},
      {{Waiting, Computing}, {}, {Rank{1}}},
      {{Waiting, Waiting}, {Rank{1}, Rank{2}}, {Rank{1}, Rank{2}}},
      {{Lost, Waiting, Left}, {Rank{2}}, {Rank{2}}},
      {{Collecting, Waiting}, {}, {Rank{2}}},
      {{Expected, Waiting}, {Rank{2}}, {Rank{2}}},
      {{Lost, Left}, {}, {}},
      {{Waiting}, {Rank{1}}, {Rank{1}}},
  };
  Barrier barrier;
  AtOnce at_once;
  EXPECT_TRUE(barrier.is_barrier());
  EXPECT_FALSE(at_once.is_barrier());
  int row = 0;
  for (const ReleaseCase& c : cases) {
    const Roster roster = roster_of(c.states);
    const ReleaseDecision barred = barrier.decide(roster, Version{}, Instant{});
    const ReleaseDecision prompt = at_once.decide(roster, Version{}, Instant{});
    EXPECT_EQ(released(barred), c.barrier) << "row " << row;
    EXPECT_EQ(barred.merge, !c.barrier.empty()) << "row " << row;
    EXPECT_EQ(released(prompt), c.at_once) << "row " << row;
    EXPECT_EQ(prompt.merge, !c.at_once.empty()) << "row " << row;
    EXPECT_TRUE(barred.collect.empty() && prompt.collect.empty());
    EXPECT_TRUE(barred.with_model && prompt.with_model);
    ++row;
  }
}

TEST(PushRulesTest, end_of_plan_pushes_without_validation) {
  EndOfPlan rule;
  EXPECT_EQ(rule.needs(), RoundNeeds{});
  EXPECT_EQ(rule.decide(RoundOutcome{}, 2).kind, ReportKind::Suppressed);
  EXPECT_EQ(rule.decide(RoundOutcome{}, 0).kind, ReportKind::Push);
}

TEST(PushRulesTest, gated_push_says_how_it_came_to_its_decision) {
  GatedPush rule(GateConfig{}, kCoin, false);
  EXPECT_EQ(rule.needs(), RoundNeeds{.validation = true});
  EXPECT_EQ(rule.decide({.validation_loss = 3.0}, 0).kind, ReportKind::Suppressed);
  EXPECT_EQ(rule.decide({.validation_loss = 2.9}, 0).kind, ReportKind::Suppressed);
  const PushDecision push = rule.decide({.validation_loss = 1.0}, 0);
  EXPECT_EQ(push.kind, ReportKind::Push);
  EXPECT_EQ(push.gate.silent, 3U);
  EXPECT_EQ(push.gate.threshold, -1.3);
  EXPECT_LE(push.gate.z, -1.3);
}

TEST(PushRulesTest, loss_that_is_no_number_asks_for_a_model_and_leaves_no_trace) {
  GatedPush clean(GateConfig{}, kCoin, false);
  GatedPush disturbed(GateConfig{}, kCoin, false);
  for (const double loss : {3.0, 2.9, 2.95, 1.0, 1.1, 0.5}) {
    for (const double wrong : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      EXPECT_EQ(disturbed.decide({.validation_loss = wrong}, 0).kind, ReportKind::Pull);
    }
    const PushDecision a = clean.decide({.validation_loss = loss}, 0);
    const PushDecision b = disturbed.decide({.validation_loss = loss}, 0);
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.gate, b.gate);
  }
}

TEST(StaticAllocationTest, nobody_gets_more_than_its_memory_holds) {
  StaticAllocation rule(
      {.rows = 100, .minibatch = 8},
      {.fixed_bytes = 60, .bytes_per_shard_row = 10, .bytes_per_minibatch_row = 5});
  Roster roster = roster_of({Computing, Computing});
  roster.peers()[0].memory_budget = 0;
  roster.peers()[1].memory_budget = 409;
  EXPECT_EQ(rule.initial(roster.at(Rank{1})).rows, 100U);
  EXPECT_EQ(rule.initial(roster.at(Rank{2})).rows, 30U);
  EXPECT_EQ(rule.initial(roster.at(Rank{2})).minibatch, 8U);
  EXPECT_FALSE(rule.review(roster, roster.at(Rank{1})).has_value());
}

}  // namespace
}  // namespace hermes::protocol
