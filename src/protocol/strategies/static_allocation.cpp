#include "hermes/protocol/strategies/static_allocation.hpp"

#include <algorithm>

namespace hermes::protocol {

ShardSize StaticAllocation::initial(const Peer& peer) {
  return ShardSize{.rows = std::min(config_.rows, peer.shard_rows_max),
                   .minibatch = config_.minibatch,
                   .why = "static"};
}

std::optional<ShardSize> StaticAllocation::review(const Roster& /*roster*/, const Peer& /*peer*/) {
  return std::nullopt;
}

}  // namespace hermes::protocol
