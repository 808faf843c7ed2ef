#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "hermes/nn/field.hpp"

namespace hermes::nn {

/// The base learning rate, all the time.
struct ConstantSchedule {
  static constexpr std::string_view kType = "constant";

  template <class Self, class Field>
  static void visit_fields(Self& /*spec*/, Field&& /*field*/) {}
};

/// The rate is multiplied by `factor` after every `every_steps` steps.
struct StepSchedule {
  static constexpr std::string_view kType = "step";
  std::uint64_t every_steps = 0;  ///< at least 1
  double factor = 0.1;            ///< in (0, 1]

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("every_steps", spec.every_steps, Presence::Required);
    field("factor", spec.factor, Presence::Optional);
  }
};

/// Half a cosine from the base rate down to `floor` x base rate at `total_steps`, and there for
/// ever (Loshchilov & Hutter 2017, without restarts).
struct CosineSchedule {
  static constexpr std::string_view kType = "cosine";
  std::uint64_t total_steps = 0;  ///< at least 1; counted after the warm-up
  double floor = 0.0;             ///< in [0, 1]

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("total_steps", spec.total_steps, Presence::Required);
    field("floor", spec.floor, Presence::Optional);
  }
};

using ScheduleSpec = std::variant<ConstantSchedule, StepSchedule, CosineSchedule>;

/// The learning rate as a pure function of the number of steps already done.
struct LearningRate {
  double base = 0.01;              ///< positive
  std::uint64_t warmup_steps = 0;  ///< linear: base x (step + 1) / warmup_steps; then the schedule
  ScheduleSpec schedule;           ///< its step 0 is the first after the warm-up

  double at(std::uint64_t step) const;
};

/// "constant" and so on.
std::string_view type_name(const ScheduleSpec& schedule);

/// Throws ConfigError for a field out of range.
void validate(const LearningRate& rate);

}  // namespace hermes::nn
