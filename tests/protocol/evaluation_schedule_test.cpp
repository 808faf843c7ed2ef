#include "hermes/protocol/evaluation_schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "protocol/parameters.hpp"

namespace hermes::protocol {
namespace {

constexpr bool kOrdered = true;
constexpr bool kUnordered = false;

EvaluationSchedule::Model model(std::uint64_t version) {
  return {Version{version}, shared({static_cast<float>(version)})};
}

/// The version that the schedule hands out now; 0 when none.
std::uint64_t taken(EvaluationSchedule& schedule) {
  const auto taken = schedule.take();
  return taken ? taken->version.value : 0;
}

TEST(EvaluationScheduleTest, every_kth_version_is_due) {
  const EvaluationSchedule schedule(3, kUnordered);
  EXPECT_FALSE(schedule.is_due(Version{1}));
  EXPECT_FALSE(schedule.is_due(Version{2}));
  EXPECT_TRUE(schedule.is_due(Version{3}));
  EXPECT_TRUE(schedule.is_due(Version{6}));
}

TEST(EvaluationScheduleTest, one_evaluation_runs_at_a_time) {
  EvaluationSchedule schedule(1, kUnordered);
  EXPECT_EQ(taken(schedule), 0U);
  schedule.offer(model(1));
  EXPECT_FALSE(schedule.is_idle());
  EXPECT_EQ(taken(schedule), 1U);
  schedule.offer(model(2));
  EXPECT_EQ(taken(schedule), 0U);
  schedule.finish(Version{1}, 1.0);
  EXPECT_EQ(taken(schedule), 2U);
  schedule.finish(Version{2}, 1.0);
  EXPECT_TRUE(schedule.is_idle());
}

TEST(EvaluationScheduleTest, unordered_a_newer_version_replaces_one_that_waits) {
  EvaluationSchedule schedule(1, kUnordered);
  schedule.offer(model(1));
  schedule.take();
  schedule.offer(model(2));
  EXPECT_FALSE(schedule.blocks(Version{3}));
  schedule.offer(model(3));
  schedule.finish(Version{1}, 1.0);
  EXPECT_EQ(taken(schedule), 3U);
}

TEST(EvaluationScheduleTest, ordered_the_next_due_merge_waits) {
  EvaluationSchedule schedule(2, kOrdered);
  schedule.offer(model(2));
  schedule.take();
  EXPECT_FALSE(schedule.blocks(Version{4}));
  schedule.offer(model(4));
  EXPECT_FALSE(schedule.blocks(Version{5}));
  EXPECT_TRUE(schedule.blocks(Version{6}));
  schedule.finish(Version{2}, 1.0);
  schedule.take();
  EXPECT_FALSE(schedule.blocks(Version{6}));
}

TEST(EvaluationScheduleTest, ordered_the_last_version_does_not_push_out_a_due_one) {
  EvaluationSchedule schedule(2, kOrdered);
  schedule.offer(model(2));
  schedule.take();
  schedule.offer(model(4));
  schedule.offer(model(5));  // not due, but the run ends here
  schedule.finish(Version{2}, 1.0);
  EXPECT_EQ(taken(schedule), 4U);
  schedule.finish(Version{4}, 1.0);
  EXPECT_EQ(taken(schedule), 5U);
}

TEST(EvaluationScheduleTest, no_version_is_evaluated_twice) {
  for (const bool ordered : {kOrdered, kUnordered}) {
    EvaluationSchedule schedule(1, ordered);
    schedule.offer(model(1));
    schedule.take();
    schedule.offer(model(1));
    schedule.finish(Version{1}, 1.0);
    EXPECT_EQ(taken(schedule), 0U);
    schedule.offer(model(2));
    schedule.offer(model(2));
    EXPECT_EQ(taken(schedule), 2U);
    schedule.finish(Version{2}, 1.0);
    EXPECT_TRUE(schedule.is_idle());
  }
}

TEST(EvaluationScheduleTest, best_is_the_first_smallest_loss) {
  struct Case {
    double loss;
    bool best;
  };
  const Case cases[] = {{3.0, true},
                        {3.0, false},
                        {2.0, true},
                        {std::numeric_limits<double>::quiet_NaN(), false},
                        {-std::numeric_limits<double>::infinity(), false},
                        {2.5, false},
                        {1.0, true}};
  EvaluationSchedule schedule(1, kOrdered);
  std::uint64_t version = 0;
  for (const Case& c : cases) {
    schedule.offer(model(++version));
    schedule.take();
    const auto best = schedule.finish(Version{version}, c.loss);
    EXPECT_EQ(best.has_value(), c.best) << "version " << version;
    if (best) {
      EXPECT_EQ(best->version, Version{version});
      EXPECT_EQ(best->parameters.values()[0], static_cast<float>(version));
    }
  }
}

TEST(EvaluationScheduleTest, result_of_another_version_changes_nothing) {
  EvaluationSchedule schedule(1, kOrdered);
  schedule.offer(model(1));
  schedule.take();
  EXPECT_FALSE(schedule.finish(Version{2}, 0.5).has_value());
  EXPECT_FALSE(schedule.is_evaluated(Version{1}));
  EXPECT_TRUE(schedule.finish(Version{1}, 1.0).has_value());
  EXPECT_TRUE(schedule.is_evaluated(Version{1}));
  EXPECT_FALSE(schedule.is_evaluated(Version{2}));
}

TEST(EvaluationScheduleTest, patience_counts_periods_since_the_best) {
  EvaluationSchedule schedule(2, kUnordered);
  EXPECT_EQ(schedule.periods_without_best(), 0U);
  const auto evaluate = [&schedule](std::uint64_t version, double loss) {
    schedule.offer(model(version));
    schedule.take();
    schedule.finish(Version{version}, loss);
  };
  evaluate(2, 1.0);
  EXPECT_EQ(schedule.periods_without_best(), 0U);
  evaluate(4, 1.5);
  EXPECT_EQ(schedule.periods_without_best(), 1U);
  evaluate(10, 1.5);  // versions in between were replaced, their time went by all the same
  EXPECT_EQ(schedule.periods_without_best(), 4U);
  evaluate(12, 0.5);
  EXPECT_EQ(schedule.periods_without_best(), 0U);
}

TEST(EvaluationScheduleTest, closing_forgets_what_runs_and_waits) {
  EvaluationSchedule schedule(1, kUnordered);
  schedule.offer(model(1));
  schedule.take();
  schedule.offer(model(2));
  schedule.close();
  EXPECT_TRUE(schedule.is_idle());
  EXPECT_FALSE(schedule.finish(Version{1}, 0.1).has_value());
  EXPECT_EQ(taken(schedule), 0U);
}

}  // namespace
}  // namespace hermes::protocol
