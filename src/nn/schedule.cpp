#include "hermes/nn/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "spec_check.hpp"

namespace hermes::nn {
namespace {

constexpr std::size_t kStepsMax = std::numeric_limits<std::int64_t>::max();

double factor_at(const ConstantSchedule& /*schedule*/, std::uint64_t /*step*/) {
  return 1.0;
}

double factor_at(const StepSchedule& schedule, std::uint64_t step) {
  const std::uint64_t drops = step / schedule.every_steps;
  return std::pow(schedule.factor, static_cast<double>(drops));
}

double factor_at(const CosineSchedule& schedule, std::uint64_t step) {
  const double progress = static_cast<double>(std::min(step, schedule.total_steps)) /
                          static_cast<double>(schedule.total_steps);
  const double wave = 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  return schedule.floor + (1.0 - schedule.floor) * wave;
}

void check(const ConstantSchedule& /*schedule*/) {}

void check(const StepSchedule& schedule) {
  require_in_range("every_steps", schedule.every_steps, 1, kStepsMax);
  require_positive("factor", schedule.factor);
  require_in_closed("factor", schedule.factor, 0.0, 1.0);
}

void check(const CosineSchedule& schedule) {
  require_in_range("total_steps", schedule.total_steps, 1, kStepsMax);
  require_in_closed("floor", schedule.floor, 0.0, 1.0);
}

}  // namespace

double LearningRate::at(std::uint64_t step) const {
  if (step < warmup_steps) {
    return base * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  }
  const std::uint64_t since = step - warmup_steps;
  return base * std::visit([&](const auto& kind) { return factor_at(kind, since); }, schedule);
}

std::string_view type_name(const ScheduleSpec& schedule) {
  return std::visit([](const auto& kind) { return kind.kType; }, schedule);
}

void validate(const LearningRate& rate) {
  require_positive("learning_rate", rate.base);
  require_in_range("warmup_steps", rate.warmup_steps, 0, kStepsMax);
  std::visit([](const auto& kind) { check(kind); }, rate.schedule);
}

}  // namespace hermes::nn
