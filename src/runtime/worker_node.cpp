#include "hermes/runtime/worker_node.hpp"

#include <utility>

#include "hermes/core/error.hpp"
#include "hermes/core/version.hpp"

namespace hermes::runtime {
namespace {

protocol::Worker make_worker(const RunInputs& inputs, Rank rank) {
  protocol::Strategy strategy = inputs.strategy(rank);
  protocol::WorkerConfig config;
  config.join.program_version = kProgramVersion;
  config.join.run_fingerprint = inputs.fingerprint();
  config.join.parameter_count = inputs.parameter_count();
  config.liveness = inputs.config().liveness;
  config.payload = strategy.merge->payload();
  return {std::move(config), std::move(strategy.push)};
}

}  // namespace

WorkerNode::WorkerNode(const RunInputs& inputs, Channel& channel, Trainer& trainer)
    : channel_(channel), trainer_(trainer), worker_(make_worker(inputs, channel.rank())) {}

bool WorkerNode::turn() {
  const bool is_busy = can_work();
  bool has_mail = false;
  try {
    if (!std::exchange(is_started_, true)) {
      step(protocol::WorkerStarted{});
    }
    has_mail = take_mail();
    step(protocol::Ticked{});
    work();
  } catch (const DataError& error) {
    step(protocol::WorkerFailed{protocol::StopReason::BadInput, error.what()});
  }
  return is_busy || has_mail || can_work();
}

bool WorkerNode::take_mail() {
  bool has_mail = false;
  while (std::optional<Channel::Incoming> incoming = channel_.receive()) {
    has_mail = true;
    if (incoming->message) {
      step(protocol::ServerSaid{std::move(*incoming->message)});
    }
  }
  return has_mail;
}

void WorkerNode::work() {
  if (is_finished() || !trainer_.is_busy()) {
    return;
  }
  const bool was_loading = trainer_.is_loading();
  const Instant before = channel_.now();
  std::optional<protocol::WorkerEvent> event = trainer_.advance();
  const Instant after = channel_.now();
  if (was_loading) {
    // What passed between two looks at the rows was waiting for them, too.
    data_time_ += after - loading_since_.value_or(before);
    loading_since_ = trainer_.is_loading() ? std::optional(after) : std::nullopt;
  } else {
    compute_time_ += after - before;
  }
  if (event) {
    if (auto* finished = std::get_if<protocol::RoundFinished>(&*event)) {
      finished->outcome.compute_seconds = compute_time_.count();
      finished->outcome.data_seconds = std::exchange(data_time_, Duration::zero()).count();
    }
    step(*event);
  }
}

void WorkerNode::step(const protocol::WorkerEvent& event) {
  for (const protocol::WorkerEffect& effect : worker_.step(event, channel_.now())) {
    std::visit([this](const auto& concrete) { act(concrete); }, effect);
  }
}

void WorkerNode::act(const protocol::TellServer& effect) {
  protocol::Message message{effect.body, {}};
  if (const auto* report = std::get_if<protocol::Report>(&effect.body);
      report != nullptr && report->payload != protocol::PayloadKind::None) {
    message.payload = trainer_.payload(report->payload);
  }
  channel_.send(kServerRank, message);
}

void WorkerNode::act(const protocol::LoadAssignment& effect) {
  data_time_ = Duration::zero();
  loading_since_ = channel_.now();
  trainer_.load(effect.assignment);
}

void WorkerNode::act(const protocol::AdoptModel& effect) {
  if (effect.rebase) {
    trainer_.rebase(effect.parameters);
  } else {
    trainer_.adopt(effect.source, effect.parameters);
  }
}

void WorkerNode::act(const protocol::StartRound& effect) {
  compute_time_ = Duration::zero();
  trainer_.start_round(effect.needs, effect.is_open_ended);
}

void WorkerNode::act(const protocol::FinishRound& /*effect*/) {
  trainer_.finish_early();
}

void WorkerNode::act(const protocol::AbandonRound& /*effect*/) {
  loading_since_.reset();
  trainer_.abandon_round();
}

void WorkerNode::act(const protocol::WorkerFinished& effect) {
  reason_ = effect.reason;
  detail_ = effect.detail;
  peers_lost_ = effect.peers_lost;
}

}  // namespace hermes::runtime
