#include "protocol/harness/worker_node.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <variant>

#include "hermes/core/error.hpp"
#include "hermes/protocol/strategies/step_time.hpp"
#include "hermes/protocol/strategy.hpp"
#include "protocol/harness/toy_problem.hpp"

namespace hermes::protocol::harness {
namespace {

Worker make_worker(const Scenario& scenario, Rank rank) {
  Strategy strategy = make_strategy(scenario.strategy, scenario.context(rank));
  const std::vector<Rank>& misfits = scenario.faults.misfits;
  const bool fits = std::find(misfits.begin(), misfits.end(), rank) == misfits.end();
  WorkerConfig config;
  config.join = Join{.program_version = scenario.server.program_version,
                     .trait_hashes = {scenario.server.traits.front().hash + (fits ? 0 : 1)},
                     .parameter_count = toy::kParameters,
                     .memory_budget = scenario.memory_of(rank)};
  config.liveness = scenario.server.liveness;
  config.payload = strategy.merge->payload();
  return {std::move(config), std::move(strategy.push)};
}

/// Mini-batches of one pass, as the server is told.
std::uint32_t steps_of(const Assignment& assignment) {
  const std::uint64_t rows = window_rows(assignment.pool_count, assignment.shard_rows);
  return static_cast<std::uint32_t>((rows + assignment.minibatch - 1) / assignment.minibatch);
}

/// How long a round takes, in a unit of its own: per step and per row of each step.
double round_cost(const Assignment& assignment) {
  return steps_of(assignment) * (1.0 + 0.5 * assignment.minibatch);
}

}  // namespace

WorkerNode::WorkerNode(const Surroundings& surroundings, Rank rank)
    : Node(surroundings),
      rank_(rank),
      worker_(make_worker(surroundings.scenario, rank)),
      initial_(toy::initial_model(surroundings.scenario.seed)),
      pulled_(initial_),
      local_(initial_),
      training_random_(surroundings.scenario.seed, RandomPurpose::Shuffle,
                       static_cast<std::uint64_t>(rank.value)),
      timing_random_(surroundings.scenario.timing.seed, RandomPurpose::Shuffle,
                     static_cast<std::uint64_t>(rank.value)) {}

void WorkerNode::fail(StopReason reason) {
  if (!is_out() && !is_frozen()) {
    step(WorkerFailed{reason, "the data is damaged"});
  }
}

void WorkerNode::on_start() {
  step(WorkerStarted{});
}

void WorkerNode::on_frame(const Frame& frame) {
  step(ServerSaid{frame.message});
}

void WorkerNode::on_tick() {
  step(Ticked{});
}

void WorkerNode::step(const WorkerEvent& event) {
  std::vector<WorkerEffect> effects;
  try {
    effects = worker_.step(event, now());
  } catch (const ProtocolError&) {
    world_.observer.verdict().require(false, "the server says nothing illegal", rank_);
    die();
    return;
  }
  world_.observer.saw(WorkerStep{now(), rank_, event, effects, worker_});
  for (const WorkerEffect& effect : effects) {
    std::visit([this](const auto& concrete) { carry_out(concrete); }, effect);
  }
}

void WorkerNode::carry_out(const TellServer& effect) {
  Message message{effect.body, {}};
  if (const auto* report = std::get_if<Report>(&effect.body)) {
    message.payload = payload_of(report->payload);
    if (!message.payload.empty()) {
      sent_ = local_;
    }
  }
  world_.network.send(rank_, kServerRank, std::move(message));
}

void WorkerNode::carry_out(const LoadAssignment& effect) {
  world_.observer.verdict().require(!is_training_, "no load while a round runs", rank_);
  assignment_ = effect.assignment;
  first_cost_ = first_cost_ > 0.0 ? first_cost_ : round_cost(assignment_);
  begin_work(world_.scenario.timing.load, [this] { step(AssignmentLoaded{}); });
}

void WorkerNode::carry_out(const AdoptModel& effect) {
  Verdict& verdict = world_.observer.verdict();
  verdict.require(!is_training_ || effect.rebase, "no model is adopted in the middle of a round",
                  rank_);
  if (effect.rebase) {
    verdict.require(effect.parameters.size() == local_.size(), "a model to build on has values",
                    rank_);
    if (verdict.broken()) {
      return;
    }
    for (std::size_t i = 0; i < local_.size(); ++i) {
      local_[i] += effect.parameters.values()[i] - sent_[i];
    }
    pulled_.assign(effect.parameters.values().begin(), effect.parameters.values().end());
    return;
  }
  if (effect.source == ModelSource::Initial) {
    local_ = initial_;
  } else {
    verdict.require(effect.parameters.size() == local_.size(), "models have one size", rank_);
    const std::span<const float> values = effect.parameters.values();
    local_.assign(values.begin(), values.end());
  }
  pulled_ = local_;
}

void WorkerNode::carry_out(const StartRound& effect) {
  world_.observer.verdict().require(!is_busy(), "one round at a time", rank_);
  is_training_ = true;
  const Duration mean = world_.scenario.timing.round.at(static_cast<std::size_t>(rank_.value) - 1);
  const double work = round_cost(assignment_) / first_cost_;
  const double jitter = world_.scenario.timing.jitter;
  const Duration length = (1.0 + jitter * (2.0 * timing_random_.uniform() - 1.0)) * work * mean;
  round_began_ = now();
  needs_ = effect.needs;
  if (effect.is_open_ended) {
    begin_work(seconds(1e9), [] {});  // until it is told to finish
  } else {
    begin_work(length, [this] { finish_round(train()); });
  }
}

void WorkerNode::finish_round(const RoundOutcome& outcome) {
  is_training_ = false;
  step(RoundFinished{outcome});
}

/// The toy learns the same in every round, but what a worker tells of an open-ended one goes by
/// its speed.
RoundOutcome WorkerNode::train_open_ended() {
  const Duration round = world_.scenario.timing.round.at(static_cast<std::size_t>(rank_.value) - 1);
  const Duration step = round / 100.0;
  RoundOutcome outcome = train();
  outcome.steps = static_cast<std::uint32_t>(1.0 + (now() - round_began_) / step);
  outcome.samples = std::uint64_t{outcome.steps} * toy::kMinibatch;
  outcome.compute_seconds = (outcome.steps * step).count();
  return outcome;
}

void WorkerNode::carry_out(const FinishRound& /*effect*/) {
  world_.observer.verdict().require(is_training_, "only a round can be told to finish", rank_);
  drop_work();
  begin_work(seconds(0.001), [this] { finish_round(train_open_ended()); });
}

void WorkerNode::carry_out(const AbandonRound& /*effect*/) {
  is_training_ = false;
  drop_work();
}

void WorkerNode::carry_out(const WorkerFinished& effect) {
  finish_reason_ = effect.reason;
  finish();
}

RoundOutcome WorkerNode::train() {
  toy::train(local_, training_random_);
  RoundOutcome outcome;
  outcome.steps = steps_of(assignment_);
  outcome.samples = std::uint64_t{toy::kStepsPerRound} * toy::kMinibatch;
  outcome.compute_seconds = (now() - round_began_).count();
  outcome.train_loss = toy::loss(local_);
  if (!needs_.validation && !needs_.gradient_norm) {
    return outcome;
  }
  const bool is_lost = timing_random_.uniform() < world_.scenario.faults.noise_of(rank_).nan_loss;
  const double measured = is_lost ? std::numeric_limits<double>::quiet_NaN() : outcome.train_loss;
  outcome.gradient_norm_squared = needs_.gradient_norm ? measured : 0.0;
  if (needs_.validation) {
    outcome.validation_loss = measured;
    outcome.validation_accuracy = toy::accuracy(outcome.train_loss);
  }
  return outcome;
}

SharedParameters WorkerNode::payload_of(PayloadKind kind) {
  if (kind == PayloadKind::None) {
    return {};
  }
  std::vector<float> values = local_;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (kind == PayloadKind::Delta) {
      values[i] -= pulled_[i];
    } else if (kind == PayloadKind::Displacement) {
      values[i] -= initial_[i];
    }
  }
  const Noise& noise = world_.scenario.faults.noise_of(rank_);
  if (timing_random_.uniform() < noise.nan_payload) {
    values[timing_random_.below(values.size())] = std::numeric_limits<float>::quiet_NaN();
  }
  if (timing_random_.uniform() < noise.misshapen_payload) {
    values.pop_back();
  }
  auto block = std::make_shared<const std::vector<float>>(std::move(values));
  const std::span<const float> view(*block);
  return {std::move(block), view};
}

}  // namespace hermes::protocol::harness
