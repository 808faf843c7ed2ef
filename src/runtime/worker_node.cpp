#include "hermes/runtime/worker_node.hpp"

#include <utility>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/state_archive.hpp"
#include "hermes/core/version.hpp"
#include "hermes/data/process_memory.hpp"
#include "hermes/telemetry/human_units.hpp"

namespace hermes::runtime {
namespace {

constexpr Duration kShortRest = seconds(0.001);

protocol::Worker make_worker(const RunInputs& inputs, Rank rank, const RankMemory& memory) {
  protocol::Strategy strategy = inputs.strategy(rank);
  protocol::WorkerConfig config;
  config.join.program_version = kProgramVersion;
  config.join.trait_hashes = protocol::hashes_of(inputs.traits());
  config.join.parameter_count = inputs.parameter_count();
  config.join.memory_budget = memory.for_run();
  config.liveness = inputs.config().liveness;
  config.payload = strategy.merge->payload();
  return {std::move(config), std::move(strategy.push)};
}

/// A line for the server's log.
std::string peak_text(const RankMemory& memory) {
  const std::uint64_t budget = memory.budget.bytes();
  return "peak memory " + telemetry::human_bytes(data::process_memory().peak_resident) + " of " +
         (budget == 0 ? "any" : telemetry::human_bytes(budget));
}

}  // namespace

WorkerNode::WorkerNode(const RunInputs& inputs, Channel& channel, Trainer& trainer,
                       WorkerLimits limits)
    : channel_(channel),
      trainer_(trainer),
      limits_(std::move(limits)),
      heartbeat_(inputs.config().liveness.heartbeat),
      slice_bytes_(inputs.parameter_count() * sizeof(float)),
      worker_(make_worker(inputs, channel.rank(), limits_.memory)),
      state_of_checkpoint_(worker_state_bytes_max(inputs)) {
  if (channel.encoding() == wire::PayloadEncoding::Sparse) {
    // Running statistics are sent whole: they are no sums, and the largest would hide the others.
    feedback_.emplace(inputs.parameter_count() - inputs.statistics_count(),
                      inputs.config().wire.topk_fraction);
  } else if (channel.encoding() == wire::PayloadEncoding::Int8) {
    feedback_.emplace(inputs.parameter_count() - inputs.statistics_count());
  }
  channel_.hand_states_to([this](Rank, const wire::DataMessage& message) { resume(message); });
}

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

void WorkerNode::rest() {
  if (trainer_.is_busy() || finished_) {  // rows come by themselves, or the worker is slowed down
    channel_.wait(kShortRest);
  } else {
    channel_.wait_for_frame(heartbeat_ / 2.0);
  }
}

bool WorkerNode::take_mail() {
  bool has_mail = false;
  while (std::optional<Channel::Incoming> incoming = channel_.receive()) {
    has_mail = true;
    if (incoming->message) {
      step(protocol::ServerSaid{std::move(*incoming->message)});
    } else if (incoming->from == kServerRank && !incoming->other_version.empty()) {
      throw RuntimeError("the server runs another version of hermes: " + incoming->other_version);
    }
  }
  return has_mail;
}

void WorkerNode::work() {
  const Instant before = channel_.now();
  if (is_finished() || before < idle_until_) {
    return;
  }
  std::optional<protocol::WorkerEvent> event = std::exchange(finished_, std::nullopt);
  if (!event && trainer_.is_busy()) {
    event = work_a_slice(before);
  }
  if (event) {
    if (auto* finished = std::get_if<protocol::RoundFinished>(&*event)) {
      finished->outcome.compute_seconds = compute_time_.count();
      finished->outcome.evaluation_seconds = evaluation_time_.count();
      finished->outcome.data_seconds = std::exchange(data_time_, Duration::zero()).count();
    }
    step(*event);
  }
}

std::optional<protocol::WorkerEvent> WorkerNode::work_a_slice(Instant before) {
  const bool was_loading = trainer_.is_loading();
  Duration& account = trainer_.is_measuring() ? evaluation_time_ : compute_time_;
  if (is_to_spoil_ && !was_loading) {  // a model at rest is replaced before anybody sees it
    trainer_.spoil();
    is_to_spoil_ = false;
  }
  std::optional<protocol::WorkerEvent> event = trainer_.advance();
  channel_.compute(trainer_.take_flops());
  const Instant after = channel_.now();
  if (was_loading) {
    // What passed between two looks at the rows was waiting for them, too.
    data_time_ += after - loading_since_.value_or(before);
    loading_since_ = trainer_.is_loading() ? std::optional(after) : std::nullopt;
    return event;
  }
  const double slowdown = limits_.slowdown * slow_factor_;
  account += slowdown * (after - before);
  idle_until_ = after + (slowdown - 1.0) * (after - before);
  if (idle_until_ > after) {
    finished_ = std::exchange(event, std::nullopt);
  }
  return event;
}

void WorkerNode::suffer(const Fault& fault) {
  HERMES_ASSERT(fault.kind == FaultKind::Slow || fault.kind == FaultKind::NonFinite,
                "a fault that does not strike a worker's own work");
  if (fault.kind == FaultKind::Slow) {
    slow_factor_ = *fault.factor;
  } else {
    is_to_spoil_ = true;
  }
}

void WorkerNode::step(const protocol::WorkerEvent& event) {
  for (const protocol::WorkerEffect& effect : worker_.step(event, channel_.now())) {
    std::visit([this](const auto& concrete) { act(concrete); }, effect);
  }
}

void WorkerNode::send_own_state(std::uint64_t round) {
  StateWriter state;
  worker_.save(state);
  trainer_.save(state);
  if (feedback_) {
    state& std::as_const(*feedback_).residual();
  }
  auto bytes = std::make_shared<const Bytes>(std::move(state).take());
  send_state(channel_, kServerRank, {round, std::move(bytes)}, slice_bytes_);
}

void WorkerNode::resume(const wire::DataMessage& slice) {
  const std::optional<WorkerState> whole = state_of_checkpoint_.add(slice);
  if (!whole || worker_.state() != protocol::WorkerState::Joining) {
    return;
  }
  try {
    StateReader state(*whole->bytes);
    worker_.resume(state, channel_.now());
    trainer_.resume(state);
    if (feedback_) {
      std::span<float> residual = feedback_->residual();
      state& residual;
    }
    state.expect_end();
  } catch (const DecodeError& error) {
    throw DataError(std::string("its state in the checkpoint cannot be used: ") + error.what());
  }
}

void WorkerNode::act(const protocol::TellServer& effect) {
  protocol::Message message{effect.body, {}};
  const auto* report = std::get_if<protocol::Report>(&effect.body);
  if (report != nullptr && report->payload != protocol::PayloadKind::None) {
    const bool is_delta = report->payload == protocol::PayloadKind::Delta;
    message.payload =
        trainer_.payload(report->payload, feedback_ && is_delta ? &*feedback_ : nullptr);
    channel_.compute(trainer_.take_flops());
  } else if (auto* leave = std::get_if<protocol::Leave>(&message.body);
             leave != nullptr && leave->detail.empty() && limits_.tells_peak_memory) {
    leave->detail = peak_text(limits_.memory);
  }
  if (report != nullptr && report->captured) {
    send_own_state(report->round.value);
  }
  channel_.send(kServerRank, message);
}

void WorkerNode::act(const protocol::LoadAssignment& effect) {
  finished_.reset();
  data_time_ = Duration::zero();
  loading_since_ = channel_.now();
  trainer_.load(effect.assignment);
}

void WorkerNode::act(const protocol::AdoptModel& effect) {
  if (effect.afresh) {
    trainer_.forget_momentum();
  }
  if (effect.rebase) {
    trainer_.rebase(effect.parameters);
  } else {
    trainer_.adopt(effect.source, effect.parameters);
  }
  channel_.compute(trainer_.take_flops());
}

void WorkerNode::act(const protocol::StartRound& effect) {
  compute_time_ = Duration::zero();
  evaluation_time_ = Duration::zero();
  trainer_.start_round(effect.needs, effect.is_open_ended);
}

void WorkerNode::act(const protocol::FinishRound& /*effect*/) {
  trainer_.finish_early();
}

void WorkerNode::act(const protocol::AbandonRound& /*effect*/) {
  finished_.reset();
  loading_since_.reset();
  trainer_.abandon_round();
}

void WorkerNode::act(const protocol::WorkerFinished& effect) {
  reason_ = effect.reason;
  detail_ = effect.detail;
  peers_lost_ = effect.peers_lost;
}

}  // namespace hermes::runtime
