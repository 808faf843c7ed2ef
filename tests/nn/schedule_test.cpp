#include "hermes/nn/schedule.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "hermes/core/error.hpp"

namespace hermes::nn {
namespace {

TEST(ScheduleTest, rates_by_table) {
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  struct Case {
    LearningRate rate;
    std::uint64_t step;
    double expected;
  };
  const LearningRate constant{0.5, 0, ConstantSchedule{}};
  const LearningRate warm_constant{0.5, 5, ConstantSchedule{}};
  const LearningRate steps{1.0, 0, StepSchedule{10, 0.5}};
  const LearningRate warm_steps{1.0, 4, StepSchedule{10, 0.5}};
  const LearningRate cosine{2.0, 0, CosineSchedule{100, 0.1}};
  const LearningRate warm_cosine{2.0, 10, CosineSchedule{100, 0.0}};
  const Case cases[] = {
      {constant, 0, 0.5},
      {constant, 1000, 0.5},
      {constant, kLast, 0.5},
      {warm_constant, 0, 0.1},
      {warm_constant, 3, 0.4},
      {warm_constant, 4, 0.5},
      {warm_constant, 5, 0.5},
      {steps, 0, 1.0},
      {steps, 9, 1.0},
      {steps, 10, 0.5},
      {steps, 19, 0.5},
      {steps, 30, 0.125},
      {warm_steps, 0, 0.25},
      {warm_steps, 13, 1.0},
      {warm_steps, 14, 0.5},
      {cosine, 0, 2.0},
      {cosine, 50, 1.1},
      {cosine, 100, 0.2},
      {cosine, 1000, 0.2},
      {cosine, kLast, 0.2},
      {warm_cosine, 9, 2.0},
      {warm_cosine, 10, 2.0},
      {warm_cosine, 60, 1.0},
      {warm_cosine, 110, 0.0},
      {warm_cosine, 35, 2.0 * 0.5 * (1.0 + 0.70710678118654752)},
  };
  for (const Case& c : cases) {
    EXPECT_NEAR(c.rate.at(c.step), c.expected, 1e-12)
        << type_name(c.rate.schedule) << " at " << c.step;
  }
}

TEST(ScheduleTest, refuses_fields_out_of_range) {
  const LearningRate bad[] = {
      {0.0, 0, ConstantSchedule{}},
      {-1.0, 0, ConstantSchedule{}},
      {0.1, 0, StepSchedule{0, 0.5}},
      {0.1, 0, StepSchedule{10, 0.0}},
      {0.1, 0, StepSchedule{10, 1.5}},
      {0.1, 0, CosineSchedule{0, 0.0}},
      {0.1, 0, CosineSchedule{10, 1.5}},
      {std::numeric_limits<double>::infinity(), 0, {}},
      {std::numeric_limits<double>::quiet_NaN(), 0, {}},
  };
  for (const LearningRate& rate : bad) {
    EXPECT_THROW(validate(rate), ConfigError) << rate.base << " " << type_name(rate.schedule);
  }
  EXPECT_NO_THROW(validate({0.1, 100, CosineSchedule{10, 0.5}}));
}

}  // namespace
}  // namespace hermes::nn
