#include "hermes/protocol/strategies/static_allocation.hpp"

#include <algorithm>

namespace hermes::protocol {

ShardSize StaticAllocation::initial(const Peer& peer) {
  const std::uint64_t rows_max = memory_.rows_max(peer.memory_budget, config_.minibatch);
  return ShardSize{
      .rows = std::min(config_.rows, rows_max),
      .minibatch = config_.minibatch,
      .why = rows_max < config_.rows ? "static, as many as its memory holds" : "static"};
}

std::optional<ShardSize> StaticAllocation::review(const Roster& /*roster*/, const Peer& /*peer*/) {
  return std::nullopt;
}

}  // namespace hermes::protocol
