#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "hermes/protocol/strategies/push_rules.hpp"
#include "hermes/protocol/worker.hpp"
#include "protocol/parameters.hpp"

namespace hermes::protocol {

/// A worker fed by hand. Remembers the effects of the last step.
class WorkerDriver {
 public:
  explicit WorkerDriver(std::unique_ptr<PushRule> rule = std::make_unique<EndOfPlan>())
      : worker_(WorkerConfig{.join = Join{.program_version = "test", .parameter_count = 2}},
                std::move(rule)) {}

  void step(const WorkerEvent& event, double now) {
    effects_ = worker_.step(event, at_seconds(now));
  }
  void resume(StateReader& state, double now) { worker_.resume(state, at_seconds(now)); }
  void hear(MessageBody body, double now, SharedParameters payload = {}) {
    step(ServerSaid{Message{std::move(body), std::move(payload)}}, now);
  }
  void finish_round(double now, double loss = 1.0) {
    step(
        RoundFinished{{.steps = 5, .samples = 20, .compute_seconds = 0.5, .validation_loss = loss}},
        now);
  }
  /// Started, released and loaded: computing under ticket 1.
  void begin(double now = 0.0) {
    step(WorkerStarted{}, now);
    hear(release(1), now);
    step(AssignmentLoaded{}, now);
  }
  /// Brings a fresh worker into this state.
  void bring_to(WorkerState state) {
    step(WorkerStarted{}, 0.0);
    if (state == WorkerState::Joining) {
      return;
    }
    hear(release(1), 0.0);
    if (state == WorkerState::Loading) {
      return;
    }
    step(AssignmentLoaded{}, 0.0);
    if (state == WorkerState::AwaitingRelease) {
      finish_round(0.0);
    }
  }

  static Release release(std::uint64_t ticket, ModelSource model = ModelSource::Initial,
                         std::uint64_t generation = 1) {
    return Release{
        .ticket = Ticket{ticket},
        .version = Version{model == ModelSource::Attached ? ticket : 0},
        .model = model,
        .assignment = {
            .generation = generation, .pool_count = 10, .shard_rows = 10, .minibatch = 2}};
  }

  template <class E>
  std::optional<E> effect() const {
    for (const WorkerEffect& effect : effects_) {
      if (const auto* concrete = std::get_if<E>(&effect)) {
        return *concrete;
      }
    }
    return std::nullopt;
  }
  template <class Body>
  std::optional<Body> told() const {
    const std::optional<TellServer> tell = effect<TellServer>();
    const Body* body = tell ? std::get_if<Body>(&tell->body) : nullptr;
    return body != nullptr ? std::optional(*body) : std::nullopt;
  }
  bool is_quiet() const { return effects_.empty(); }
  const Worker& worker() const { return worker_; }

 private:
  Worker worker_;
  std::vector<WorkerEffect> effects_;
};

}  // namespace hermes::protocol
