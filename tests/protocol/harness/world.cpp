#include "protocol/harness/world.hpp"

#include <algorithm>
#include <utility>

namespace hermes::protocol::harness {
namespace {

/// Far beyond what any scenario needs: whoever is not through by then hangs.
constexpr Instant kEndOfTime = at_seconds(600.0);

}  // namespace

World::World(const Scenario& scenario)
    : scenario_(scenario),
      observer_(make_checkers(scenario)),
      network_(scenario_, events_, [this](Rank to, Frame frame) { deliver(to, std::move(frame)); }),
      server_(Surroundings{scenario_, events_, network_, observer_}) {
  const Surroundings surroundings{scenario_, events_, network_, observer_};
  for (std::uint32_t i = 1; i <= scenario_.workers(); ++i) {
    workers_.push_back(std::make_unique<WorkerNode>(surroundings, Rank{static_cast<Rank::rep>(i)}));
  }
}

void World::deliver(Rank to, Frame frame) {
  if (to == kServerRank) {
    server_.deliver(std::move(frame));
    return;
  }
  worker(to).deliver(std::move(frame));
}

void World::schedule_faults() {
  const FaultPlan& faults = scenario_.faults;
  for (const Freeze& freeze : faults.freezes) {
    Node& node = freeze.node == kServerRank ? static_cast<Node&>(server_) : worker(freeze.node);
    events_.at(freeze.begin, [&node, end = freeze.end] { node.freeze_until(end); });
  }
  for (const Death& death : faults.deaths) {
    events_.at(death.at, [&node = worker(death.worker)] { node.die(); });
  }
  for (const Failure& failure : faults.failures) {
    events_.at(failure.at,
               [&node = worker(failure.worker), failure] { node.fail(failure.reason); });
  }
  if (faults.interrupted_at) {
    events_.at(*faults.interrupted_at, [this] { server_.interrupt(); });
  }
}

bool World::is_over() const {
  return server_.is_out() && std::all_of(workers_.begin(), workers_.end(),
                                         [](const auto& node) { return node->is_out(); });
}

Outcome World::run() {
  schedule_faults();
  server_.start();
  for (const auto& node : workers_) {
    events_.at(at_seconds(0.0), [&node = *node] { node.start(); });
  }
  Verdict& verdict = observer_.verdict();
  while (!verdict.broken() && !is_over() && events_.run_next()) {
    verdict.require(events_.now() < kEndOfTime, "nobody hangs");
  }
  check_end();

  const auto copy = [](const SharedParameters& block) {
    return std::vector<float>(block.values().begin(), block.values().end());
  };
  Outcome outcome;
  outcome.broken = verdict.broken();
  outcome.trace = observer_.trace().hash();
  outcome.reason = server_.finish_reason();
  outcome.version = server_.server().version();
  outcome.model = copy(server_.server().global());
  if (server_.best()) {
    outcome.best_version = server_.best()->version;
    outcome.best_model = copy(server_.best()->parameters);
  }
  outcome.tally = observer_.tally();
  outcome.end = events_.now();
  return outcome;
}

void World::check_end() {
  std::vector<WorkerEnd> ends;
  for (const auto& node : workers_) {
    ends.push_back(WorkerEnd{.rank = node->rank(),
                             .is_dead = node->is_dead(),
                             .state = node->worker().state(),
                             .reason = node->finish_reason(),
                             .in_flight_up = network_.in_flight(node->rank(), kServerRank)});
  }
  observer_.ended(WorldEnd{scenario_, server_.server(), server_.finish_reason(), ends});
}

Outcome simulate(const Scenario& scenario) {
  return World(scenario).run();
}

}  // namespace hermes::protocol::harness
