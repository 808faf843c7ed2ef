#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hermes/core/id.hpp"
#include "hermes/protocol/allocation_rule.hpp"
#include "hermes/protocol/memory_model.hpp"
#include "hermes/protocol/strategies/running_median.hpp"
#include "hermes/protocol/strategies/shard_search.hpp"
#include "hermes/protocol/strategies/step_time.hpp"
#include "hermes/protocol/strategies/tukey.hpp"
#include "hermes/protocol/strategy.hpp"

namespace hermes::protocol {

/// Gives workers whose rounds are far longer or shorter than those of the others another shard and
/// mini-batch, so that all rounds take about as long (Hermes paper, dynamic allocation; ALGORITHMS
/// section 1.3).
///
/// A worker is outlying when its round time lies outside the fences of the other live workers'
/// last ones. After `outlying_rounds` of them in a row, all on the same side, its next release
/// brings the size whose predicted time T meets T*, the running median over the live workers; when
/// no size does, the nearest, if that is nearer than the present one. Nothing changes when the
/// present size meets T* already: fences can be as narrow as the others are alike.
/// Then the worker starts afresh: its old round times count neither against it nor for others.
///
/// In rounds of steps the rows do not set the time: they stay, the mini-batch alone changes.
/// Never gives a worker more rows than its memory holds; one that returns with less memory than
/// its assignment needs gets a smaller one at once.
class AdaptiveAllocation final : public AllocationRule {
 public:
  AdaptiveAllocation(const AdaptiveAllocationConfig& config, const MemoryModel& memory)
      : config_(config), memory_(memory) {}

  ShardSize initial(const Peer& peer) override;
  void observe(const Roster& roster, const Peer& peer) override;
  std::optional<ShardSize> review(const Roster& roster, const Peer& peer) override;
  void save(StateWriter& state) const override;
  void load(StateReader& state) override;

 private:
  enum class Side : std::uint8_t { Inside, Fast, Slow };
  struct Worker {
    explicit Worker(const RoundLength& round) : step_time(round) {}
    StepTime step_time;
    RunningMedian round_times{};  ///< under the present assignment
    Side side = Side::Inside;     ///< of the last round
    std::uint32_t streak = 0;     ///< rounds in a row on this side; 0 inside
    Fences fences{};              ///< that the last round was held against
    std::size_t others = 0;       ///< workers that the fences are made of
  };

  Worker& worker(Rank rank) { return workers_.try_emplace(rank, config_.round).first->second; }
  std::vector<double> last_times_of_others(const Roster& roster, const Peer& peer) const;
  double target(const Roster& roster, const Peer& reviewed) const;
  std::uint64_t rows_max(const Peer& peer, std::uint32_t minibatch) const;
  ShardSearch search_for(const Worker& worker, const Peer& peer, double target) const;
  ShardChoice within_memory(const Peer& peer, std::uint64_t rows, std::uint32_t minibatch) const;
  std::string explain(const Worker& worker, const Assignment& old, const ShardChoice& choice,
                      double target) const;

  AdaptiveAllocationConfig config_;
  MemoryModel memory_;
  std::map<Rank, Worker> workers_{};
};

}  // namespace hermes::protocol
