#include "hermes/protocol/strategies/release_rules.hpp"

namespace hermes::protocol {

ReleaseDecision BoundedStaleness::decide(const Roster& roster, Version /*version*/,
                                         Instant /*now*/) {
  ReleaseDecision decision;
  const std::optional<Round> slowest = roster.slowest_clock();
  for (const Peer& peer : roster.peers()) {
    decision.merge = decision.merge || peer.pending.has_value();
    if (peer.is_waiting() && peer.clock.value - slowest->value <= staleness_) {
      decision.release.push_back({peer.rank});
    }
  }
  return decision;
}

}  // namespace hermes::protocol
