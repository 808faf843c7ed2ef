#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "hermes/protocol/strategies/release_rules.hpp"
#include "protocol/roster_builder.hpp"

namespace hermes::protocol {
namespace {

using enum PeerState;

/// A worker that was released at 0 and reported a round with these properties at `back`.
void report(Peer& peer, double back, double round_seconds, double compute_seconds,
            std::uint32_t steps, Version base = {}) {
  peer.state = Waiting;
  peer.released_at = at_seconds(0.0);
  peer.reported_at = at_seconds(back);
  peer.last_report.round_seconds = round_seconds;
  peer.last_report.compute_seconds = compute_seconds;
  peer.last_report.steps = steps;
  peer.last_report.samples = std::uint64_t{steps} * 10;
  peer.pending = Update{.base = base};
}

Roster all_computing(std::uint32_t workers) {
  return roster_of(std::vector<PeerState>(workers, Computing));
}

TEST(TimeBoxTest, box_is_two_transfers_or_two_hundred_steps_of_the_fastest) {
  struct Case {
    double transfer;  // the median of three
    double step;      // the smallest of three
    double box;
  };
  for (const Case& c : {Case{1.0, 0.001, 2.0}, Case{0.01, 0.02, 4.0}, Case{0.0, 0.01, 2.0}}) {
    TimeBox rule(TimeboxConfig{});
    rule.first_plan(at_seconds(0.0));
    Roster roster = all_computing(3);
    report(roster.peers()[0], 1.0 + 9.0 * c.transfer, 1.0, 90.0 * c.step, 30);
    report(roster.peers()[1], 1.0 + c.transfer, 1.0, 10.0 * c.step, 10);
    report(roster.peers()[2], 1.0, 1.0, 14.0 * c.step, 7);
    const ReleaseDecision decision = rule.decide(roster, Version{}, at_seconds(20.0));
    EXPECT_TRUE(decision.merge);
    ASSERT_EQ(decision.release.size(), 3U);
    for (const Grant& grant : decision.release) {
      EXPECT_NEAR(grant.plan.box_seconds, c.box, 1e-9);
    }
  }
}

TEST(TimeBoxTest, later_measurements_move_the_box_by_three_tenths) {
  TimeBox rule(TimeboxConfig{});
  EXPECT_EQ(rule.first_plan(at_seconds(0.0)).box_seconds, 0.25);
  const double steps[] = {0.01, 0.02, 0.02};
  const double boxes[] = {2.0, 0.7 * 2.0 + 0.3 * 4.0, 0.7 * 2.6 + 0.3 * 4.0};
  for (int i = 0; i < 3; ++i) {
    Roster roster = all_computing(1);
    report(roster.peers()[0], 1.0, 1.0, 100.0 * steps[i], 100);
    rule.decide(roster, Version{}, at_seconds(i));
    EXPECT_NEAR(rule.box().count(), boxes[i], 1e-9) << i;
  }
}

TEST(TimeBoxTest, absurd_times_of_workers_leave_a_box_that_ends) {
  for (const double compute_seconds : {0.0, 1e300}) {
    TimeBox rule(TimeboxConfig{});
    rule.first_plan(at_seconds(0.0));
    Roster roster = all_computing(1);
    report(roster.peers()[0], 1.0, 1.0, compute_seconds, 1);
    const ReleaseDecision decision = rule.decide(roster, Version{}, at_seconds(2.0));
    ASSERT_EQ(decision.release.size(), 1U);
    EXPECT_GT(decision.release[0].plan.box_seconds, 0.0);
    EXPECT_LE(decision.release[0].plan.box_seconds, 3600.0);
  }
}

TEST(TimeBoxTest, fixed_box_is_not_measured) {
  TimeBox rule({.box_seconds = 3.0});
  EXPECT_EQ(rule.first_plan(at_seconds(1.0)).box_seconds, 3.0);
  Roster roster = all_computing(1);
  report(roster.peers()[0], 100.0, 1.0, 1.0, 1);
  const ReleaseDecision decision = rule.decide(roster, Version{}, at_seconds(2.0));
  EXPECT_EQ(decision.release, (std::vector<Grant>{{Rank{1}, {.box_seconds = 3.0}}}));
}

TEST(TimeBoxTest, who_comes_in_between_gets_the_rest_of_the_box) {
  TimeBox rule({.box_seconds = 3.0});
  rule.first_plan(at_seconds(10.0));
  EXPECT_DOUBLE_EQ(rule.first_plan(at_seconds(12.0)).box_seconds, 1.0);
  EXPECT_GT(rule.first_plan(at_seconds(99.0)).box_seconds, 0.0);  // one mini-batch
  EXPECT_LT(rule.first_plan(at_seconds(99.0)).box_seconds, 1e-3);
}

TEST(TimeBoxTest, waits_for_all_until_transfer_and_grace_are_over) {
  constexpr double kTransfer = 0.75;
  for (const double grace : {0.0, 0.5, 2.0}) {
    TimeBox rule({.box_seconds = 4.0, .grace = grace});
    rule.first_plan(at_seconds(-9.0));
    Roster first = all_computing(2);
    report(first.peers()[0], 4.0 + kTransfer, 4.0, 4.0, 10);
    report(first.peers()[1], 4.0 + kTransfer, 4.0, 4.0, 10);
    ASSERT_TRUE(rule.decide(first, Version{}, at_seconds(1.0)).merge);
    Roster roster = all_computing(2);
    report(roster.peers()[0], 5.0, 4.0, 4.0, 10);
    const double over = 1.0 + 4.0 * (1.0 + grace) + kTransfer;
    const ReleaseDecision before = rule.decide(roster, Version{}, at_seconds(over - 0.01));
    EXPECT_FALSE(before.merge);
    EXPECT_TRUE(before.release.empty());
    const ReleaseDecision after = rule.decide(roster, Version{}, at_seconds(over));
    EXPECT_TRUE(after.merge);
    EXPECT_EQ(released(after), (std::vector<Rank>{Rank{1}}));
  }
}

TEST(TimeBoxTest, without_an_update_the_grace_ends_nothing) {
  TimeBox rule({.box_seconds = 1.0});
  rule.first_plan(at_seconds(0.0));
  Roster roster = all_computing(2);
  roster.peers()[0].state = Waiting;  // its update was not finite
  EXPECT_FALSE(rule.decide(roster, Version{}, at_seconds(50.0)).merge);
  report(roster.peers()[1], 50.0, 1.0, 1.0, 1);
  EXPECT_EQ(released(rule.decide(roster, Version{}, at_seconds(50.0))),
            (std::vector<Rank>{Rank{1}, Rank{2}}));
}

TEST(TimeBoxTest, late_worker_holds_nobody_and_counts_in_the_next_box) {
  TimeBox rule({.box_seconds = 1.0});
  rule.first_plan(at_seconds(0.0));
  Roster roster = all_computing(3);
  for (Peer& peer : roster.peers()) {
    peer.pulled = Version{7};
  }
  roster.peers()[2].pulled = Version{6};  // it missed the last merge
  report(roster.peers()[0], 1.0, 1.0, 1.0, 1, Version{7});
  report(roster.peers()[2], 1.0, 1.0, 1.0, 1, Version{6});
  EXPECT_FALSE(rule.decide(roster, Version{7}, at_seconds(1.0)).merge);  // 2 is awaited
  roster.peers()[2].state = Computing;
  roster.peers()[2].pending.reset();
  report(roster.peers()[1], 1.1, 1.0, 1.0, 1, Version{7});
  const ReleaseDecision decision = rule.decide(roster, Version{7}, at_seconds(1.1));
  EXPECT_TRUE(decision.merge);
  EXPECT_TRUE(decision.drop.empty());
  EXPECT_EQ(released(decision), (std::vector<Rank>{Rank{1}, Rank{2}}));
}

TEST(TimeBoxTest, delta_two_versions_old_is_dropped_and_its_sender_goes_on) {
  TimeBox rule({.box_seconds = 4.0});
  rule.first_plan(at_seconds(0.0));
  Roster roster = all_computing(2);
  roster.peers()[1].pulled = Version{7};
  report(roster.peers()[0], 1.0, 1.0, 1.0, 1, Version{5});
  const ReleaseDecision decision = rule.decide(roster, Version{7}, at_seconds(1.0));
  EXPECT_EQ(decision.drop, (std::vector<Rank>{Rank{1}}));
  EXPECT_FALSE(decision.merge);
  ASSERT_EQ(decision.release.size(), 1U);
  EXPECT_DOUBLE_EQ(decision.release[0].plan.box_seconds, 3.0);
  roster.peers()[0].pending->base = Version{6};
  EXPECT_TRUE(rule.decide(roster, Version{7}, at_seconds(1.0)).drop.empty());
}

TEST(TimeBoxTest, cut_leaves_the_smallest_set_that_holds_the_share) {
  // 100, 50, 30 and 20 samples a second.
  const double step_seconds[] = {10.0 / 50.0, 10.0 / 100.0, 10.0 / 20.0, 10.0 / 30.0};
  struct Case {
    double cut;
    std::vector<Rank> trains;
  };
  const Case cases[] = {
      {0.0, {Rank{1}, Rank{2}, Rank{3}, Rank{4}}},
      {0.4, {Rank{2}}},
      {0.6, {Rank{1}, Rank{2}}},
      {0.8, {Rank{1}, Rank{2}, Rank{4}}},
      {0.95, {Rank{1}, Rank{2}, Rank{3}, Rank{4}}},
  };
  for (const Case& c : cases) {
    TimeBox rule({.box_seconds = 1.0, .contribution_cut = c.cut});
    rule.first_plan(at_seconds(0.0));
    Roster roster = all_computing(4);
    for (std::size_t i = 0; i < 4; ++i) {
      report(roster.peers()[i], 1.0, 1.0, 60.0 * step_seconds[i], 60);
    }
    const ReleaseDecision decision = rule.decide(roster, Version{}, at_seconds(1.0));
    EXPECT_TRUE(decision.merge);
    EXPECT_EQ(released(decision), c.trains) << "cut " << c.cut;
  }
}

TEST(TimeBoxTest, standby_is_called_when_the_others_are_gone) {
  TimeBox rule({.box_seconds = 1.0, .contribution_cut = 0.5});
  rule.first_plan(at_seconds(0.0));
  Roster roster = all_computing(2);
  report(roster.peers()[0], 1.0, 1.0, 1.0, 100);
  report(roster.peers()[1], 1.0, 1.0, 1.0, 10);
  EXPECT_EQ(released(rule.decide(roster, Version{}, at_seconds(1.0))),
            (std::vector<Rank>{Rank{1}}));
  roster.peers()[0].state = Computing;
  roster.peers()[0].pulled = Version{1};
  for (Peer& peer : roster.peers()) {
    peer.pending.reset();
  }
  EXPECT_TRUE(rule.decide(roster, Version{1}, at_seconds(9.0)).release.empty());
  roster.peers()[0].state = Lost;
  EXPECT_EQ(released(rule.decide(roster, Version{1}, at_seconds(9.5))),
            (std::vector<Rank>{Rank{2}}));
}

TEST(TimeBoxTest, who_was_never_measured_trains) {
  TimeBox rule({.box_seconds = 1.0, .contribution_cut = 0.5});
  rule.first_plan(at_seconds(0.0));
  Roster roster = all_computing(3);
  report(roster.peers()[0], 1.0, 1.0, 1.0, 100);
  report(roster.peers()[1], 1.0, 1.0, 1.0, 10);
  roster.peers()[2].state = Waiting;
  EXPECT_EQ(released(rule.decide(roster, Version{}, at_seconds(1.0))),
            (std::vector<Rank>{Rank{1}, Rank{3}}));
}

}  // namespace
}  // namespace hermes::protocol
