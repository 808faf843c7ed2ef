#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/harness/network.hpp"
#include "protocol/harness/observer.hpp"
#include "protocol/harness/scenario.hpp"
#include "protocol/harness/server_node.hpp"
#include "protocol/harness/worker_node.hpp"

namespace hermes::protocol::harness {

/// What came out of a simulated run.
struct Outcome {
  std::optional<std::string> broken{};  ///< the first broken invariant
  std::uint64_t trace = 0;
  StopReason reason = StopReason::Failed;
  Version version{};
  std::vector<float> model{};
  Version best_version{};
  std::vector<float> best_model{};
  Tally tally{};
  Instant end{};
};

/// One server, its workers, their network and their misfortunes, in one thread and virtual time.
class World {
 public:
  explicit World(const Scenario& scenario);
  /// One more pair of eyes, before the run.
  void add_checker(std::unique_ptr<Checker> checker) { observer_.add(std::move(checker)); }
  /// Runs to the end, or to the first broken invariant. Once.
  Outcome run();

 private:
  void schedule_faults();
  void deliver(Rank to, Frame frame);
  bool is_over() const;
  void check_end();
  WorkerNode& worker(Rank rank) { return *workers_[static_cast<std::size_t>(rank.value) - 1]; }

  const Scenario& scenario_;
  EventQueue events_;
  Observer observer_;
  Network network_;
  ServerNode server_;
  std::vector<std::unique_ptr<WorkerNode>> workers_;
};

/// World(scenario).run()
Outcome simulate(const Scenario& scenario);

}  // namespace hermes::protocol::harness
