#include "protocol/harness/server_node.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <variant>

#include "hermes/core/assert.hpp"
#include "protocol/harness/toy_problem.hpp"

namespace hermes::protocol::harness {
namespace {

Server make_server(const Scenario& scenario, SharedParameters initial) {
  return {scenario.server, make_strategy(scenario.strategy, scenario.context(kServerRank)),
          std::move(initial)};
}

SharedParameters initial_parameters(std::uint64_t seed) {
  auto block = std::make_shared<const std::vector<float>>(toy::initial_model(seed));
  const std::span<const float> values(*block);
  return {std::move(block), values};
}

}  // namespace

ServerNode::ServerNode(const Surroundings& surroundings)
    : Node(surroundings),
      server_(make_server(surroundings.scenario, initial_parameters(surroundings.scenario.seed))),
      random_(surroundings.scenario.timing.seed, RandomPurpose::Validation) {}

void ServerNode::interrupt() {
  if (!is_out() && !is_frozen()) {
    step(Interrupted{StopReason::Interrupted});
  }
}

void ServerNode::on_frame(const Frame& frame) {
  if (frame.is_garbled) {
    step(WorkerGarbled{frame.from});
  } else {
    step(WorkerSaid{frame.from, frame.message});
  }
}

void ServerNode::on_tick() {
  step(Ticked{});
}

void ServerNode::step(const ServerEvent& event) {
  const std::vector<ServerEffect> effects = server_.step(event, now());
  world_.observer.saw(ServerStep{now(), event, effects, server_});
  for (const ServerEffect& effect : effects) {
    std::visit([this](const auto& concrete) { carry_out(concrete); }, effect);
  }
}

void ServerNode::carry_out(const TellWorker& effect) {
  world_.network.send(kServerRank, effect.to, effect.message);
}

void ServerNode::carry_out(const Evaluate& effect) {
  to_evaluate_.emplace_back(effect);
  evaluate_next();
}

void ServerNode::carry_out(const MeasureUpdate& effect) {
  to_evaluate_.emplace_back(effect);
  evaluate_next();
}

void ServerNode::evaluate_next() {
  if (is_busy() || to_evaluate_.empty()) {
    return;
  }
  const Duration length = (0.5 + random_.uniform()) * world_.scenario.timing.evaluation;
  begin_work(length, [this, job = to_evaluate_.front()] {
    to_evaluate_.pop_front();
    std::visit([this](const auto& asked) { finish_evaluation(asked); }, job);
    evaluate_next();
  });
}

double ServerNode::loss_of(const SharedParameters& parameters) {
  const bool is_lost = random_.uniform() < world_.scenario.faults.nan_evaluation;
  return is_lost ? std::numeric_limits<double>::quiet_NaN() : toy::loss(parameters.values());
}

void ServerNode::finish_evaluation(const Evaluate& asked) {
  const double loss = loss_of(asked.parameters);
  step(Evaluated{asked.version, loss, toy::accuracy(loss)});
}

void ServerNode::finish_evaluation(const MeasureUpdate& asked) {
  step(UpdateMeasured{asked.rank, asked.ticket, loss_of(asked.parameters)});
}

void ServerNode::carry_out(const KeepBest& effect) {
  best_ = effect;
}

void ServerNode::carry_out(const Note& /*effect*/) {}

/// Whatever happened before: another server can go on from it, and nobody's state is missing.
void ServerNode::carry_out(const SaveCheckpoint& effect) {
  ++checkpoints_;
  const Scenario& scenario = world_.scenario;
  Server twin = make_server(scenario, initial_parameters(scenario.seed));
  twin.resume(effect.state);
  HERMES_ASSERT(twin.version() == effect.version, "checkpoint: another version");
  for (const Rank rank : effect.captured) {
    HERMES_ASSERT(twin.roster().at(rank).last_report.captured, "checkpoint: no state of a worker");
  }
  for (const Peer& peer : twin.roster().peers()) {
    const bool was_left_out =
        std::ranges::find(effect.captured, peer.rank) == effect.captured.end();
    HERMES_ASSERT(was_left_out == (peer.lost_in == PeerState::Expected),
                  "checkpoint: a worker without a state would not begin anew");
  }
}

void ServerNode::carry_out(const ServerFinished& effect) {
  finish_reason_ = effect.reason;
  finish();
}

}  // namespace hermes::protocol::harness
