#include "hermes/protocol/strategies/step_time.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "hermes/core/random.hpp"

namespace hermes::protocol {
namespace {

constexpr RoundLength kOneEpoch{RoundLength::Unit::Epochs, 1};
constexpr RoundLength kTenSteps{RoundLength::Unit::Steps, 10};

TEST(StepTimeTest, average_moves_half_way_to_the_newest_round) {
  StepTime time(kOneEpoch);
  EXPECT_FALSE(time.is_known());
  time.observe(16, 100, 200.0);
  EXPECT_DOUBLE_EQ(time.step_seconds(16), 2.0);
  time.observe(16, 10, 40.0);
  EXPECT_DOUBLE_EQ(time.step_seconds(16), 3.0);
}

TEST(StepTimeTest, round_of_epochs_counts_the_last_partial_step) {
  StepTime time({RoundLength::Unit::Epochs, 3});
  time.observe(16, 1, 2.0);
  EXPECT_DOUBLE_EQ(time.round_seconds(32, 16), 3 * 2 * 2.0);
  EXPECT_DOUBLE_EQ(time.round_seconds(33, 16), 3 * 3 * 2.0);
}

TEST(StepTimeTest, round_of_steps_does_not_depend_on_the_rows) {
  StepTime time(kTenSteps);
  time.observe(16, 10, 20.0);
  EXPECT_DOUBLE_EQ(time.round_seconds(1, 16), 20.0);
  EXPECT_DOUBLE_EQ(time.round_seconds(1'000'000, 16), 20.0);
}

TEST(StepTimeTest, one_size_is_extended_on_the_safe_side) {
  StepTime epochs(kOneEpoch);
  epochs.observe(16, 1, 2.0);
  EXPECT_DOUBLE_EQ(epochs.step_seconds(64), 8.0);
  EXPECT_DOUBLE_EQ(epochs.step_seconds(4), 2.0);
  StepTime steps(kTenSteps);
  steps.observe(16, 1, 2.0);
  EXPECT_DOUBLE_EQ(steps.step_seconds(64), 8.0);
  EXPECT_DOUBLE_EQ(steps.step_seconds(4), 0.5);
}

TEST(StepTimeTest, two_sizes_give_the_line_through_both) {
  RandomStream random(1, RandomPurpose::Test);
  for (int trial = 0; trial < 200; ++trial) {
    const double a = random.uniform();
    const double b = 0.01 + random.uniform();
    StepTime time(kOneEpoch);
    time.observe(8, 1, a + 8 * b);
    time.observe(32, 1, a + 32 * b);
    for (const std::uint32_t minibatch : {2U, 8U, 16U, 32U, 256U}) {
      EXPECT_NEAR(time.step_seconds(minibatch), a + b * minibatch, 1e-9 * (1.0 + a + b * 256));
    }
  }
}

TEST(StepTimeTest, negative_cost_per_step_is_clamped_to_zero) {
  StepTime time(kOneEpoch);
  time.observe(16, 1, 1.0);
  time.observe(32, 1, 8.0);  // the line would pass below zero at small sizes
  EXPECT_DOUBLE_EQ(time.step_seconds(2), 0.5);
  EXPECT_DOUBLE_EQ(time.step_seconds(64), 16.0);
}

TEST(StepTimeTest, larger_size_that_came_out_cheaper_says_nothing_about_sizes) {
  StepTime time(kOneEpoch);
  time.observe(16, 1, 4.0);
  time.observe(32, 1, 2.0);
  EXPECT_DOUBLE_EQ(time.step_seconds(32), 2.0);
  EXPECT_DOUBLE_EQ(time.step_seconds(64), 4.0);
  EXPECT_DOUBLE_EQ(time.step_seconds(16), 2.0);
}

TEST(StepTimeTest, is_positive_and_grows_with_rows_whatever_was_seen) {
  RandomStream random(2, RandomPurpose::Test);
  for (int trial = 0; trial < 500; ++trial) {
    StepTime time(trial % 2 == 0 ? kOneEpoch : kTenSteps);
    for (std::uint64_t i = 0; i <= random.below(6); ++i) {
      time.observe(1U << random.below(9), 1 + static_cast<std::uint32_t>(random.below(50)),
                   1e-6 + 10.0 * random.uniform());
    }
    for (std::uint32_t minibatch = 1; minibatch <= 512; minibatch *= 2) {
      EXPECT_GT(time.step_seconds(minibatch), 0.0);
      const std::uint64_t rows = 1 + random.below(5000);
      EXPECT_LE(time.round_seconds(rows, minibatch), time.round_seconds(rows + 1, minibatch));
    }
  }
}

TEST(WindowRowsTest, windows_are_equal_and_hold_at_most_a_shard) {
  EXPECT_EQ(window_rows(100, 100), 100U);
  EXPECT_EQ(window_rows(100, 5000), 100U);
  EXPECT_EQ(window_rows(100, 99), 50U);
  EXPECT_EQ(window_rows(100, 40), 34U);
  for (std::uint64_t pool = 1; pool < 60; ++pool) {
    for (std::uint64_t shard = 1; shard < 70; ++shard) {
      const std::uint64_t rows = window_rows(pool, shard);
      EXPECT_LE(rows, shard);
      EXPECT_LE(rows, window_rows(pool, shard + 1));
      EXPECT_EQ(window_rows(pool, rows), rows) << "asking for just these rows changes nothing";
    }
  }
}

}  // namespace
}  // namespace hermes::protocol
