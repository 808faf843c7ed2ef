#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "hermes/protocol/strategies/push_rules.hpp"

namespace hermes::protocol {
namespace {

PushDecision decide(GradientVote& rule, double norm_squared) {
  return rule.decide(RoundOutcome{.gradient_norm_squared = norm_squared}, 0);
}

TEST(GradientVoteTest, asks_for_the_gradient_norm_and_always_votes) {
  GradientVote rule(SelSyncConfig{});
  EXPECT_EQ(rule.needs(), RoundNeeds{.gradient_norm = true});
  EXPECT_EQ(decide(rule, 1.0).kind, ReportKind::Vote);
}

TEST(GradientVoteTest, votes_yes_while_the_window_fills) {
  GradientVote rule({.delta = 0.3, .window = 3, .smoothing = 0.5});
  for (int round = 1; round <= 3; ++round) {
    EXPECT_TRUE(decide(rule, 1.0).vote) << round;
  }
  EXPECT_FALSE(decide(rule, 1.0).vote);
}

TEST(GradientVoteTest, compares_the_change_of_the_moving_average_with_delta) {
  struct Case {
    double norm_squared;
    double average;  // after it, by hand: 0.75 before + 0.25 new
    double change;   // |average - before| / before
  };
  const Case cases[] = {
      {4.0, 4.0, 0.0},   // the first is its own average
      {8.0, 5.0, 0.25},  // 3 + 2
      {5.0, 5.0, 0.0},   //
      {1.0, 4.0, 0.2},   // falling counts as much as rising
      {12.0, 6.0, 0.5},  // 3 + 3
      {0.0, 4.5, 0.25},  //
      {100.5, 28.5, 24.0 / 4.5},
  };
  for (const double delta : {0.0, 0.2, 0.25, 0.3, 0.5, 1.0, 10.0}) {
    GradientVote rule({.delta = delta, .window = 0, .smoothing = 0.25});
    int row = 0;
    for (const Case& c : cases) {
      // The last bit of 0.2 is not the table's business.
      if (std::abs(c.change - delta) > 1e-12 || c.change == 0.25 || c.change == 0.5) {
        EXPECT_EQ(decide(rule, c.norm_squared).vote, c.change >= delta) << delta << " row " << row;
      } else {
        decide(rule, c.norm_squared);
      }
      ++row;
    }
  }
}

TEST(GradientVoteTest, small_smoothing_hides_a_jump_that_a_large_one_shows) {
  for (const double smoothing : {0.01, 0.16, 1.0}) {
    GradientVote rule({.delta = 0.3, .window = 0, .smoothing = smoothing});
    decide(rule, 1.0);
    EXPECT_EQ(decide(rule, 4.0).vote, smoothing * 3.0 >= 0.3) << smoothing;
  }
}

TEST(GradientVoteTest, gradient_of_zero_is_no_change_and_what_follows_is_a_large_one) {
  GradientVote rule({.delta = 0.3, .window = 0, .smoothing = 0.16});
  EXPECT_FALSE(decide(rule, 0.0).vote);
  EXPECT_FALSE(decide(rule, 0.0).vote);
  EXPECT_TRUE(decide(rule, 1e-6).vote);
}

TEST(GradientVoteTest, norm_that_is_no_number_asks_for_the_model_and_leaves_no_trace) {
  const SelSyncConfig config{.delta = 0.1, .window = 1, .smoothing = 0.5};
  GradientVote clean(config);
  GradientVote disturbed(config);
  for (const double norm : {1.0, 1.1, 1.5, 1.4, 0.2}) {
    for (const double wrong : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      EXPECT_EQ(decide(disturbed, wrong).kind, ReportKind::Pull);
    }
    EXPECT_EQ(decide(clean, norm).vote, decide(disturbed, norm).vote) << norm;
  }
}

}  // namespace
}  // namespace hermes::protocol
