#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hermes/protocol/server.hpp"
#include "hermes/protocol/worker.hpp"
#include "protocol/harness/scenario.hpp"

namespace hermes::protocol::harness {

/// One step of the server, just done.
struct ServerStep {
  Instant now{};
  const ServerEvent& event;
  std::span<const ServerEffect> effects;
  const Server& server;
};

/// One step of a worker, just done.
struct WorkerStep {
  Instant now{};
  Rank rank{};
  const WorkerEvent& event;
  std::span<const WorkerEffect> effects;
  const Worker& worker;
};

/// How a node stands when nothing happens any more.
struct WorkerEnd {
  Rank rank{};
  bool is_dead = false;
  WorkerState state = WorkerState::Joining;
  StopReason reason = StopReason::Failed;  ///< of a finished worker
  std::size_t in_flight_up = 0;            ///< frames on their way to the server
};

struct WorldEnd {
  const Scenario& scenario;
  const Server& server;
  StopReason reason = StopReason::Failed;
  std::span<const WorkerEnd> workers;
};

/// The first invariant that was broken.
class Verdict {
 public:
  void require(bool holds, const char* invariant) {
    if (!holds && !broken_) {
      broken_ = invariant;
    }
  }
  void require(bool holds, const char* invariant, Rank rank) {
    if (!holds && !broken_) {
      broken_ = std::string(invariant) + " (rank " + std::to_string(rank.value) + ")";
    }
  }
  const std::optional<std::string>& broken() const { return broken_; }

 private:
  std::optional<std::string> broken_;
};

/// Watches one invariant through a run. A new strategy brings checkers of its own and a line in
/// `make_checkers`.
class Checker {
 public:
  virtual ~Checker() = default;
  virtual void after(const ServerStep& /*step*/, Verdict& /*verdict*/) {}
  virtual void after(const WorkerStep& /*step*/, Verdict& /*verdict*/) {}
  virtual void at_end(const WorldEnd& /*end*/, Verdict& /*verdict*/) {}
};

using Checkers = std::vector<std::unique_ptr<Checker>>;

/// The checkers that hold for every strategy, and those of this scenario's.
Checkers make_checkers(const Scenario& scenario);

/// Calls `visit(concrete)` for each effect that is a T, in order.
template <class T, class Effect, class Visit>
void for_each_of(std::span<const Effect> effects, Visit&& visit) {
  for (const Effect& effect : effects) {
    if (const auto* concrete = std::get_if<T>(&effect)) {
      visit(*concrete);
    }
  }
}

/// Calls `visit(record)` for each note that is a T, in order.
template <class T, class Visit>
void for_each_note(std::span<const ServerEffect> effects, Visit&& visit) {
  for_each_of<Note>(effects, [&visit](const Note& note) {
    if (const auto* record = std::get_if<T>(&note.record)) {
      visit(*record);
    }
  });
}

}  // namespace hermes::protocol::harness
