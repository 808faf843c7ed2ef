#include "hermes/runtime/run_config.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace hermes::runtime {
namespace {

wire::PayloadEncoding encoding_of(PayloadFormat format) {
  switch (format) {
    case PayloadFormat::Fp16:
      return wire::PayloadEncoding::Fp16;
    case PayloadFormat::Bf16:
      return wire::PayloadEncoding::Bf16;
    case PayloadFormat::Int8:
      return wire::PayloadEncoding::Int8;
    case PayloadFormat::Topk:
      return wire::PayloadEncoding::Sparse;
    case PayloadFormat::Auto:
    case PayloadFormat::Fp32:
      break;
  }
  return wire::PayloadEncoding::Fp32;
}

}  // namespace

std::uint64_t DataSettings::validation_of(std::uint64_t train_rows) const {
  constexpr std::uint64_t kUsual = 5000;
  return validation.value_or(std::min(kUsual, train_rows / 2));
}

nn::OptimizerSpec OptimizerSettings::spec() const {
  switch (type) {
    case OptimizerKind::Adam: {
      const nn::AdamSpec defaults;
      return nn::AdamSpec{beta1, beta2, epsilon, weight_decay.value_or(defaults.weight_decay)};
    }
    case OptimizerKind::Adamw: {
      const nn::AdamwSpec defaults;
      return nn::AdamwSpec{beta1, beta2, epsilon, weight_decay.value_or(defaults.weight_decay)};
    }
    case OptimizerKind::Sgd:
      break;
  }
  return nn::SgdSpec{momentum, nesterov, weight_decay.value_or(nn::SgdSpec{}.weight_decay)};
}

nn::ScheduleSpec ScheduleSettings::spec() const {
  switch (type) {
    case ScheduleKind::Step:
      return nn::StepSchedule{every_steps, factor};
    case ScheduleKind::Cosine:
      return nn::CosineSchedule{total_steps, floor};
    case ScheduleKind::Constant:
      break;
  }
  return nn::ConstantSchedule{};
}

nn::LossSpec TrainSettings::loss_spec() const {
  if (loss == LossKind::MeanSquaredError) {
    return nn::MeanSquaredError{};
  }
  return nn::CrossEntropy{label_smoothing};
}

nn::LossSpec TrainSettings::measured_loss_spec() const {
  TrainSettings plain = *this;
  plain.label_smoothing = 0.0;
  return plain.loss_spec();
}

nn::LearningRate TrainSettings::learning_rate() const {
  return {optimizer.learning_rate, schedule.warmup_steps, schedule.spec()};
}

protocol::StrategyConfig StrategySettings::spec(const RoundLength& round) const {
  switch (type) {
    case StrategyKind::Bsp:
      return bsp;
    case StrategyKind::Asp:
      return asp;
    case StrategyKind::Ssp:
      return ssp;
    case StrategyKind::Ebsp: {
      protocol::EbspConfig elastic = ebsp;
      if (elastic.horizon == 0) {
        const bool is_step = round.unit == RoundLength::Unit::Steps && round.count == 1;
        elastic.horizon = is_step ? 150 : 6;
      }
      return elastic;
    }
    case StrategyKind::SelSync:
      return selsync;
    case StrategyKind::Timebox:
      return timebox;
    case StrategyKind::Hermes:
      break;
  }
  return hermes;
}

protocol::StrategyConfig RunConfig::strategy_spec() const {
  return strategy.spec(train.round);
}

wire::PayloadEncoding RunConfig::payload_up() const {
  const bool is_timebox = strategy.type == StrategyKind::Timebox;
  return encoding_of(wire.payload == PayloadFormat::Auto && is_timebox ? PayloadFormat::Int8
                                                                       : wire.payload);
}

wire::PayloadEncoding RunConfig::payload_down() const {
  if (wire.down != PayloadFormat::Auto) {
    return encoding_of(wire.down);
  }
  // A model thinned out is no model.
  const wire::PayloadEncoding up = payload_up();
  return up == wire::PayloadEncoding::Sparse ? wire::PayloadEncoding::Fp32 : up;
}

bool RunConfig::has_lossy_payload() const {
  return is_lossy(payload_up()) || is_lossy(payload_down());
}

protocol::AllocationConfig RunConfig::allocation_spec() const {
  if (allocation.type == AllocationKind::Adaptive) {
    return protocol::AdaptiveAllocationConfig{.rows = allocation.initial_rows,
                                              .minibatch = train.minibatch,
                                              .round = train.round,
                                              .rows_min = allocation.rows_min,
                                              .minibatch_min = allocation.minibatch_min,
                                              .minibatch_max = allocation.minibatch_max,
                                              .tolerance = allocation.tolerance,
                                              .outlying_rounds = allocation.outlying_rounds};
  }
  return protocol::StaticAllocationConfig{allocation.initial_rows, train.minibatch};
}

bool WorkerSettings::concerns(Rank rank, const std::string& host_name) const {
  if (host) {
    return ::fnmatch(host->c_str(), host_name.c_str(), 0) == 0;
  }
  return std::find(ranks.begin(), ranks.end(), static_cast<std::uint64_t>(rank.value)) !=
         ranks.end();
}

RankSettings RunConfig::settings_of(Rank rank, const std::string& host_name) const {
  RankSettings settings{.memory = allocation.memory, .threads = cluster.threads};
  for (const WorkerSettings& worker : workers) {
    if (rank != kServerRank && worker.concerns(rank, host_name)) {
      settings.memory = worker.memory ? worker.memory : settings.memory;
      settings.threads = static_cast<std::uint32_t>(worker.threads.value_or(settings.threads));
      settings.slowdown = worker.slowdown.value_or(settings.slowdown);
    }
  }
  return settings;
}

namespace {

/// Updates that a merge has, about.
double workers_per_merge(StrategyKind strategy, std::uint32_t workers) {
  switch (strategy) {
    case StrategyKind::Bsp:
    case StrategyKind::Ebsp:
    case StrategyKind::SelSync:
    case StrategyKind::Timebox:
      return workers;
    case StrategyKind::Hermes:
    case StrategyKind::Asp:
    case StrategyKind::Ssp:
      break;
  }
  return 1.0;
}

}  // namespace

std::uint64_t evaluation_interval(const RunConfig& config, std::uint64_t train_rows,
                                  std::uint32_t workers) {
  if (config.evaluate_every_merges > 0) {
    return config.evaluate_every_merges;
  }
  if (config.strategy.type == StrategyKind::Hermes &&
      config.strategy.hermes.merge == protocol::HermesMerge::LossWeighted) {
    return 1;
  }
  if (config.strategy.type == StrategyKind::Timebox) {
    return 1;  // evaluated while the workers train; what takes longer than a box skips versions
  }
  constexpr double kEvaluationsPerPass = 10.0;
  const RoundLength& round = config.train.round;
  const auto rows = static_cast<double>(train_rows);
  const double rows_per_count =
      round.unit == RoundLength::Unit::Steps
          ? static_cast<double>(config.train.minibatch)
          : std::min(static_cast<double>(config.allocation.initial_rows), rows);
  const double rows_per_merge = std::max(1.0, rows_per_count * static_cast<double>(round.count) *
                                                  workers_per_merge(config.strategy.type, workers));
  return static_cast<std::uint64_t>(std::max(1.0, rows / kEvaluationsPerPass / rows_per_merge));
}

}  // namespace hermes::runtime
