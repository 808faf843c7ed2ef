#include <algorithm>
#include <vector>

#include "hermes/protocol/strategies/release_rules.hpp"
#include "hermes/protocol/strategies/zipline.hpp"

namespace hermes::protocol {

ReleaseDecision ElasticBarrier::decide(const Roster& roster, Version /*version*/, Instant /*now*/) {
  ReleaseDecision decision;
  if (!roster.all_live_waiting()) {
    return decision;
  }
  decision.merge = true;
  std::vector<double> intervals;
  for (const Peer& peer : roster.peers()) {
    if (peer.is_waiting()) {
      const double elapsed = (peer.reported_at - peer.released_at).count();
      intervals.push_back(std::max(elapsed, 0.0) / peer.plan.rounds);
    }
  }
  const std::vector<std::uint32_t> rounds = zipline(intervals, horizon_);
  for (const Peer& peer : roster.peers()) {
    if (peer.is_waiting()) {
      decision.release.push_back({peer.rank, {.rounds = rounds[decision.release.size()]}});
    }
  }
  return decision;
}

}  // namespace hermes::protocol
