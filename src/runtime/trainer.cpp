#include "hermes/runtime/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/flush_denormals.hpp"
#include "hermes/core/state_archive.hpp"
#include "hermes/core/vector_ops.hpp"
#include "hermes/nn/mini_batch.hpp"
#include "hermes/nn/optimizer_spec.hpp"
#include "hermes/runtime/compute_cost.hpp"

namespace hermes::runtime {
namespace {

/// Biases, and the scales and shifts of layers; not running statistics, which nothing pulls at.
std::vector<nn::ParameterTensor> biases_and_scales(const nn::Network& network) {
  std::vector<nn::ParameterTensor> tensors;
  std::ranges::copy_if(network.named_parameters(), std::back_inserter(tensors),
                       [&network](const nn::ParameterTensor& tensor) {
                         return (tensor.fan_in == 0 || tensor.shape.size() == 1) &&
                                tensor.offset < network.trained_count();
                       });
  return tensors;
}

/// Running statistics have the size of the data, which may be beyond what 16 bits hold. The
/// server's are means of the workers'.
void check_halves(const RunConfig& config, std::span<const float> statistics) {
  constexpr float kHalfMax = 65504.0F;
  if (config.payload_up() != wire::PayloadEncoding::Fp16 &&
      config.payload_down() != wire::PayloadEncoding::Fp16) {
    return;
  }
  for (const float value : statistics) {
    if (std::abs(value) > kHalfMax) {
      throw DataError(
          "running statistics: expected at most 65504 with wire.payload = 'fp16', found " +
          std::to_string(value) + " (scale the data, or use 'bf16')");
    }
  }
}

}  // namespace

Trainer::Trainer(const RunInputs& inputs, Rank rank, std::unique_ptr<data::RowSource> rows)
    : inputs_(inputs),
      network_(std::make_shared<nn::Network>(inputs.model(), Evaluator::kBatch)),
      optimizer_(
          nn::make_optimizer(inputs.config().train.optimizer.spec(), network_->trained_count())),
      learning_rate_(inputs.config().train.learning_rate()),
      loss_(inputs.config().train.loss_spec()),
      pool_(network_->parameter_count()),
      feed_(inputs, std::move(rows), inputs.strategy(rank).push->needs().validation, rank),
      evaluator_(*network_, inputs.config().train.measured_loss_spec(), feed_.evaluation_rows()),
      targets_(inputs.data_info().target_columns) {
  if (!inputs.config().train.optimizer.decay_biases) {
    optimizer_->exempt_from_decay(biases_and_scales(*network_));
  }
  network_->set_dropout_stream(RandomStream(inputs.config().seed, RandomPurpose::Dropout,
                                            static_cast<std::uint64_t>(rank.value)));
  const nn::Flops flops = network_->flops();
  flops_per_row_ = static_cast<double>(flops.forward + flops.backward);
}

void Trainer::count_pass(double flops_per_value, double passes) {
  flops_ += passes * flops_per_value * static_cast<double>(network_->parameter_count());
}

void Trainer::load(const protocol::Assignment& assignment) {
  HERMES_ASSERT(assignment.minibatch > 0 && assignment.shard_rows > 0 && assignment.pool_count > 0,
                "trainer: an empty assignment");
  const std::size_t at_a_time = nn::samples_at_a_time(*network_, assignment.minibatch);
  network_->reserve(at_a_time);
  x_.resize(assignment.minibatch * network_->input_size());
  targets_.resize(assignment.minibatch);
  output_gradient_.resize(at_a_time * network_->output_size());
  feed_.load(assignment);
  phase_ = Phase::LoadingAssignment;
}

void Trainer::adopt(protocol::ModelSource source, const SharedParameters& parameters) {
  pulled_ = source == protocol::ModelSource::Initial ? inputs_.initial() : parameters;
  network_->set_parameters(pulled_.values());
  count_pass(cost::kPassedValue);
  sent_ = {};
  sent_base_ = {};
}

void Trainer::forget_momentum() {
  const std::vector<float> nothing(optimizer_->state().size());
  optimizer_->restore(nothing, optimizer_->step_count());
}

void Trainer::rebase(const SharedParameters& parameters) {
  HERMES_ASSERT(!sent_.empty(), "trainer: nothing was sent that a model could answer");
  // w_new + (w - w_sent), where w_sent = base + payload; statistics, which forget fast anyway, are
  // those of w_new
  const std::size_t count = network_->trained_count();
  const std::span<float> model = network_->parameters().first(count);
  subtract(model, sent_base_.values().first(count), model);
  subtract(model, sent_.values().first(count), model);
  axpy(1.0F, parameters.values().first(count), model);
  std::ranges::copy(parameters.values().subspan(count),
                    network_->parameters().subspan(count).begin());
  if (!all_finite(model)) {  // there is nothing to take over
    network_->set_parameters(parameters.values());
    forget_momentum();
  }
  count_pass(cost::kPassedValue, 3);
  pulled_ = parameters;
  sent_ = {};
  sent_base_ = {};
  if (phase_ == Phase::Validating) {
    evaluator_.start();  // what it has measured so far was another model
  }
}

void Trainer::start_round(protocol::RoundNeeds needs, bool is_open_ended) {
  HERMES_ASSERT(phase_ == Phase::Idle, "trainer: not ready for a round");
  HERMES_ASSERT(!needs.validation || feed_.evaluation_rows().row_count() > 0,
                "trainer: the strategy said that it needs no validation");
  needs_ = needs;
  is_open_ended_ = is_open_ended;
  is_to_finish_ = false;
  outcome_ = {};
  loss_sum_ = 0.0;
  norm_sum_ = 0.0;
  passes_done_ = 0;
  // The round before may have been abandoned while its next window was being read.
  phase_ = feed_.is_ready() ? Phase::Training : Phase::LoadingWindow;
}

void Trainer::finish_early() {
  is_to_finish_ = true;
}

void Trainer::abandon_round() {
  phase_ = Phase::Idle;
}

std::optional<protocol::WorkerEvent> Trainer::advance() {
  switch (phase_) {
    case Phase::Idle:
      return std::nullopt;
    case Phase::LoadingAssignment:
    case Phase::LoadingWindow:
      return load_some();
    case Phase::Training:
      if (is_to_finish_ && outcome_.steps > 0) {
        return end_training();
      }
      // A finished pass moves the shard on, but only when there is more to train.
      if (feed_.is_pass_done() && feed_.has_other_rows()) {
        feed_.next_window();
        phase_ = Phase::LoadingWindow;
        return std::nullopt;
      }
      train_minibatch();
      return is_round_over() ? end_training() : std::nullopt;
    case Phase::Validating:
      if (!evaluator_.advance()) {
        return std::nullopt;
      }
      outcome_.validation_loss = evaluator_.result().loss;
      outcome_.validation_accuracy = evaluator_.result().accuracy;
      return finish_round();
  }
  return std::nullopt;
}

std::optional<protocol::WorkerEvent> Trainer::load_some() {
  if (phase_ == Phase::LoadingWindow && is_to_finish_ && outcome_.steps > 0) {
    return end_training();  // the next round waits for these rows
  }
  if (!feed_.advance()) {
    return std::nullopt;
  }
  if (phase_ == Phase::LoadingAssignment) {
    phase_ = Phase::Idle;
    return protocol::AssignmentLoaded{};
  }
  phase_ = Phase::Training;
  return std::nullopt;
}

void Trainer::train_minibatch() {
  const FlushDenormals flush;
  const std::size_t count = feed_.fill_batch(x_, targets_);
  const std::span<const float> x(x_.data(), count * network_->input_size());
  const nn::LossResult loss = nn::compute_gradient(
      *network_, loss_, x, std::as_const(targets_).rows(0, count), output_gradient_);
  if (needs_.gradient_norm) {
    norm_sum_ += squared_norm(network_->gradients());
    count_pass(cost::kPassedValue);
  }
  const std::size_t trained = network_->trained_count();
  optimizer_->step(network_->parameters().first(trained), network_->gradients().first(trained),
                   learning_rate_.at(optimizer_->step_count()));
  flops_ += flops_per_row_ * static_cast<double>(count);
  count_pass(cost::kUpdatedValue);
  ++outcome_.steps;
  outcome_.samples += count;
  loss_sum_ += loss.mean_loss * static_cast<double>(count);
  if (feed_.is_pass_done()) {
    ++passes_done_;
  }
}

bool Trainer::is_round_over() const {
  if (is_open_ended_) {
    return is_to_finish_;
  }
  const RoundLength& round = inputs_.config().train.round;
  return round.unit == RoundLength::Unit::Steps ? outcome_.steps >= round.count
                                                : passes_done_ >= round.count;
}

std::optional<protocol::WorkerEvent> Trainer::end_training() {
  if (!needs_.validation) {
    return finish_round();
  }
  evaluator_.start();
  phase_ = Phase::Validating;
  return std::nullopt;
}

std::optional<protocol::WorkerEvent> Trainer::finish_round() {
  outcome_.gradient_norm_squared = norm_sum_ / outcome_.steps;
  outcome_.train_loss = loss_sum_ / static_cast<double>(outcome_.samples);
  phase_ = Phase::Idle;
  return protocol::RoundFinished{outcome_};
}

void Trainer::save(StateWriter& state) const {
  const std::span<const float> parameters = network_->parameters();
  state& parameters& pulled_ & network_->dropout_stream() & optimizer_->state() &
      optimizer_->step_count();
  feed_.save(state);
}

void Trainer::resume(StateReader& state) {
  std::span<float> parameters = network_->parameters();
  RandomStream dropout = network_->dropout_stream();
  std::vector<float> memory;
  std::uint64_t steps = 0;
  state& parameters& pulled_& dropout& memory& steps;
  if (pulled_.size() != parameters.size()) {
    throw DecodeError("state: expected a model of " + std::to_string(parameters.size()) +
                      " parameters, found " + std::to_string(pulled_.size()));
  }
  network_->set_dropout_stream(dropout);
  optimizer_->restore(memory, steps);
  feed_.resume(state);
}

SharedParameters Trainer::payload(protocol::PayloadKind kind, wire::ErrorFeedback* feedback) {
  HERMES_ASSERT(feedback == nullptr || kind == protocol::PayloadKind::Delta,
                "trainer: only a delta can leave something for the next");
  check_halves(inputs_.config(), network_->parameters().subspan(network_->trained_count()));
  if (kind == protocol::PayloadKind::Parameters) {
    return {network_, network_->parameters()};
  }
  HERMES_ASSERT(kind != protocol::PayloadKind::None, "trainer: a payload of no kind");
  const SharedParameters& base = kind == protocol::PayloadKind::Delta ? pulled_ : inputs_.initial();
  ParameterBuffer difference = pool_.acquire();
  const std::size_t trained = network_->trained_count();
  const std::span<const float> model = network_->parameters();
  subtract(model.first(trained), base.values().first(trained), difference.values().first(trained));
  std::ranges::copy(model.subspan(trained), difference.values().subspan(trained).begin());
  count_pass(cost::kPassedValue);
  sent_base_ = base;
  if (feedback == nullptr) {
    sent_ = std::move(difference).seal();
    return sent_;
  }
  sent_ = pool_.copy_of(difference.values());  // what is held back now goes with a later push
  feedback->reduce(difference.values().first(trained));
  count_pass(cost::kPassedValue + cost::of_feedback(feedback->is_of_bytes()));
  return std::move(difference).seal();
}

}  // namespace hermes::runtime
