#pragma once

#include "hermes/protocol/allocation_rule.hpp"
#include "hermes/protocol/strategy.hpp"

namespace hermes::protocol {

/// Everybody gets the configured rows, or as many as its memory holds, for the whole run.
class StaticAllocation final : public AllocationRule {
 public:
  explicit StaticAllocation(const StaticAllocationConfig& config, const MemoryModel& memory = {})
      : config_(config), memory_(memory) {}
  ShardSize initial(const Peer& peer) override;
  std::optional<ShardSize> review(const Roster& roster, const Peer& peer) override;

 private:
  StaticAllocationConfig config_;
  MemoryModel memory_;
};

}  // namespace hermes::protocol
