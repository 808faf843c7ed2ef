#pragma once

#include <cstdint>
#include <vector>

#include "hermes/core/time.hpp"
#include "hermes/protocol/server.hpp"
#include "hermes/protocol/strategy.hpp"
#include "protocol/harness/fault_plan.hpp"

namespace hermes::protocol::harness {

/// How long things take. Jitter comes from `seed`, which has no influence on the training itself.
struct Timing {
  std::uint64_t seed = 1;
  Duration delay_min = seconds(0.001);
  Duration delay_mean = seconds(0.01);  ///< above the minimum; exponential
  Duration tick = seconds(0.1);         ///< a node looks at its clock this often
  std::vector<Duration> round{};        ///< mean, by worker
  double jitter = 0.3;                  ///< a round is longer or shorter by up to this part of it
  Duration load = seconds(0.1);
  Duration evaluation = seconds(0.05);
};

/// One run to simulate, complete: the same scenario gives the same trace.
struct Scenario {
  std::uint64_t seed = 1;  ///< of initial model, data and gradient noise
  StrategyConfig strategy{};
  ServerConfig server{};
  MemoryModel memory{};
  Timing timing{};
  FaultPlan faults{};
  AllocationConfig allocation{};
  std::vector<std::uint64_t> memory_budgets{};  ///< by worker; none: no limits

  std::uint64_t memory_of(Rank worker) const;
  std::uint32_t workers() const { return server.workers; }
  /// What the rules of this rank know.
  StrategyContext context(Rank rank) const;
};

/// A run without faults whose timing comes from `timing_seed` and all else from `seed`.
Scenario calm_scenario(const StrategyConfig& strategy, std::uint64_t seed,
                       std::uint64_t timing_seed);
/// A run with everything drawn from the seed: workers, limits, timing, faults, strategy settings.
Scenario rough_scenario(const StrategyConfig& strategy, std::uint64_t seed);
/// A rough one with adaptive allocation and workers of different memory.
Scenario adaptive_scenario(const StrategyConfig& strategy, std::uint64_t seed);

}  // namespace hermes::protocol::harness
