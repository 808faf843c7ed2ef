#include "hermes/runtime/server_node.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "hermes/core/version.hpp"
#include "hermes/runtime/compute_cost.hpp"
#include "hermes/runtime/memory_needs.hpp"

namespace hermes::runtime {
namespace {

protocol::ServerConfig server_config(const RunInputs& inputs, std::uint32_t workers,
                                     bool has_checkpoints) {
  const RunConfig& config = inputs.config();
  protocol::ServerConfig server;
  server.workers = workers;
  server.program_version = kProgramVersion;
  server.traits = inputs.traits();
  server.liveness = config.liveness;
  server.stop = config.stop.server;
  server.partition = inputs.partition(workers);
  server.checkpoint = {.is_on = has_checkpoints,
                       .every = config.checkpoint.every,
                       .patience = config.checkpoint.patience};
  server.evaluate_every = evaluation_interval(config, inputs.plan().training_count(), workers);
  server.statistics_count = inputs.statistics_count();
  return server;
}

}  // namespace

ServerNode::ServerNode(const RunInputs& inputs, std::uint32_t workers, Channel& channel,
                       telemetry::RunRecorder& recorder,
                       const std::optional<std::filesystem::path>& checkpoints,
                       std::optional<Checkpoint> checkpoint)
    : inputs_(inputs),
      channel_(channel),
      recorder_(recorder),
      network_(inputs.model(), Evaluator::kBatch),
      evaluation_shard_(inputs.dataset(), inputs.output_count()),
      evaluator_(network_, inputs.config().train.measured_loss_spec(), evaluation_shard_),
      server_(server_config(inputs, workers, checkpoints.has_value()), inputs.strategy(kServerRank),
              inputs.initial()),
      row_server_(inputs, channel) {
  channel_.keep_halves();  // the merge widens them
  if (inputs.config().data.delivery == Delivery::Server) {
    channel_.hand_data_to(
        [this](Rank from, const wire::DataMessage& message) { row_server_.take(from, message); });
  }
  channel_.hand_states_to(
      [this, most = worker_state_bytes_max(inputs)](Rank from, const wire::DataMessage& message) {
        StateAssembly& assembly = arriving_.try_emplace(from, most).first->second;
        if (std::optional<WorkerState> state = assembly.add(message)) {
          arrived_[from] = std::move(*state);
        }
      });
  evaluation_shard_.load(inputs.evaluation_rows());
  if (checkpoints) {
    checkpoints_.emplace(*checkpoints, inputs.config().checkpoint.keep);
  }
  if (checkpoint) {
    resume(std::move(*checkpoint));
  }
}

ServerNode::~ServerNode() {
  channel_.hand_data_to({});
  channel_.hand_states_to({});
}

bool ServerNode::turn() {
  lap();
  const Instant begin = lap_at_;
  work_ = {.waiting = begin - turned_at_.value_or(begin)};
  bool is_active = !to_evaluate_.empty();
  while (std::optional<Channel::Incoming> incoming = channel_.receive()) {
    is_active = true;
    work_.messages += lap();
    recorder_.heard(incoming->from, now());
    if (incoming->message) {
      step(protocol::WorkerSaid{incoming->from, std::move(*incoming->message)});
    } else {
      step(protocol::WorkerGarbled{incoming->from, std::move(incoming->other_version)});
    }
  }
  step(protocol::Ticked{});
  const std::uint64_t bytes_max = inputs_.config().stop.max_bytes;
  if (bytes_max > 0 && bytes().total() >= bytes_max) {
    interrupt(protocol::StopReason::MaxBytes);
  }
  lap();
  evaluate_some();
  is_active = row_server_.serve_some() || is_active;
  work_.data += lap();
  work_.busy = lap_at_ - begin;
  recorder_.count_work(work_);
  recorder_.tick(now(), bytes());
  if (checkpoints_) {
    if (const std::optional<std::string> news = checkpoints_->news()) {
      recorder_.info(*news, now());
    }
  }
  turned_at_ = channel_.now();
  return is_active;
}

/// One slice; models are evaluated in the order in which they were asked for.
void ServerNode::evaluate_some() {
  if (to_evaluate_.empty()) {
    return;
  }
  const auto job = to_evaluate_.front();
  if (!std::exchange(is_evaluating_, true)) {
    evaluating_since_ = now();
    std::visit([this](const auto& asked) { network_.set_parameters(asked.parameters.values()); },
               job);
    compute_on_all(cost::kPassedValue);
    evaluator_.start();
  }
  const bool is_done = evaluator_.advance();
  channel_.compute(evaluator_.take_flops());
  work_.evaluating += lap();
  if (!is_done) {
    return;
  }
  is_evaluating_ = false;
  to_evaluate_.pop_front();
  const EvaluationResult result = evaluator_.result();
  const bool is_global = std::holds_alternative<protocol::Evaluate>(job);
  recorder_.server_span(is_global ? "evaluate" : "measure update", evaluating_since_, now());
  if (const auto* global = std::get_if<protocol::Evaluate>(&job)) {
    step(protocol::Evaluated{global->version, result.loss, result.accuracy});
  } else if (const auto* update = std::get_if<protocol::MeasureUpdate>(&job)) {
    step(protocol::UpdateMeasured{update->rank, update->ticket, result.loss});
  }
}

void ServerNode::interrupt(protocol::StopReason reason) {
  step(protocol::Interrupted{reason});
}

telemetry::ByteCounters ServerNode::bytes() const {
  const telemetry::ByteCounters& before = bytes_before_;
  return {.up = before.up + channel_.bytes_received(),
          .down = before.down + channel_.bytes_sent(),
          .data = before.data + channel_.bytes_data(),
          .messages_up = before.messages_up + channel_.messages_received(),
          .messages_down = before.messages_down + channel_.messages_sent()};
}

EvaluationResult ServerNode::test(const SharedParameters& parameters) {
  const Instant begin = now();
  lap();
  data::Shard rows(inputs_.dataset(), inputs_.output_count());
  Evaluator evaluator(network_, inputs_.config().train.measured_loss_spec(), rows);
  network_.set_parameters(parameters.values());
  evaluator.start();
  const std::uint64_t all = inputs_.plan().test().row_count();
  const std::uint64_t window = test_window_rows(inputs_.dataset().info());
  for (std::uint64_t first = 0; first < all; first += window) {
    rows.load({data::Split::Test, {{first, std::min(window, all - first)}}});
    while (!evaluator.advance()) {
    }
    evaluator.go_on();
  }
  channel_.compute(evaluator.take_flops());
  const Duration tested = lap();
  recorder_.count_work({.evaluating = tested, .busy = tested});
  recorder_.server_span("test", begin, now());
  return evaluator.result();
}

void ServerNode::compute_on_all(double flops_per_value) {
  channel_.compute(flops_per_value * static_cast<double>(inputs_.parameter_count()));
}

void ServerNode::step(const protocol::ServerEvent& event) {
  lap();
  stepped_at_ = now();
  const std::vector<protocol::ServerEffect> effects = server_.step(event, stepped_at_);
  work_.merging += lap();
  for (const protocol::ServerEffect& effect : effects) {
    std::visit([this](const auto& concrete) { act(concrete); }, effect);
  }
  lap();
}

Duration ServerNode::lap() {
  const Instant before = std::exchange(lap_at_, channel_.now());
  return lap_at_ - before;
}

void ServerNode::act(const protocol::TellWorker& effect) {
  lap();
  channel_.send(effect.to, effect.message);
  work_.messages += lap();
}

void ServerNode::act(const protocol::Evaluate& effect) {
  to_evaluate_.emplace_back(effect);
}

void ServerNode::act(const protocol::MeasureUpdate& effect) {
  compute_on_all(cost::kPassedValue);  // the model to measure was put together
  to_evaluate_.emplace_back(effect);
}

void ServerNode::act(const protocol::KeepBest& effect) {
  best_ = BestModel{effect.version, effect.parameters, effect.loss, effect.accuracy};
}

void ServerNode::act(const protocol::Note& effect) {
  if (const auto* merged = std::get_if<protocol::Merged>(&effect.record)) {
    lap();
    compute_on_all(cost::kMergedValue * static_cast<double>(merged->updates.size()));
    work_.merging += lap();
    recorder_.server_span("merge", stepped_at_, now());
  }
  recorder_.record(effect.record, now(), bytes());
  if (const auto* lost = std::get_if<protocol::WorkerLost>(&effect.record)) {
    row_server_.pause(lost->rank);
    channel_.abandon(lost->rank);
  } else if (const auto* returned = std::get_if<protocol::WorkerReturned>(&effect.record)) {
    row_server_.resume(returned->rank);
  } else if (const auto* accepted = std::get_if<protocol::ReportAccepted>(&effect.record)) {
    note_report(*accepted);
  } else if (const auto* joined = std::get_if<protocol::WorkerJoined>(&effect.record)) {
    known_.erase(joined->rank);
    if (const auto state = to_give_back_.find(joined->rank); state != to_give_back_.end()) {
      send_state(channel_, joined->rank, state->second, inputs_.parameter_count() * sizeof(float));
      known_[joined->rank] = state->second;
    }
  } else if (std::holds_alternative<protocol::TrainingStarted>(effect.record)) {
    to_give_back_.clear();
  } else if (std::holds_alternative<protocol::StopDecided>(effect.record)) {
    row_server_.close();
  } else if (const auto* left = std::get_if<protocol::WorkerLeft>(&effect.record)) {
    row_server_.drop(left->rank);
    if (left->leave.reason == protocol::StopReason::BadInput && detail_.empty() &&
        !left->leave.detail.empty()) {
      detail_ = "worker " + std::to_string(left->rank.value) + ": " + left->leave.detail;
    }
  }
}

void ServerNode::act(const protocol::ServerFinished& effect) {
  reason_ = effect.reason;
}

}  // namespace hermes::runtime
