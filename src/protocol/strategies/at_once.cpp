#include "hermes/protocol/strategies/release_rules.hpp"

namespace hermes::protocol {

ReleaseDecision AtOnce::decide(const Roster& roster, Version /*version*/, Instant /*now*/) {
  ReleaseDecision decision;
  for (const Peer& peer : roster.peers()) {
    // Also what a worker pushed that fell silent or left while its update was being measured.
    decision.merge = decision.merge || peer.is_waiting() || peer.pending;
    if (peer.is_waiting()) {
      decision.release.push_back({peer.rank});
    }
  }
  return decision;
}

}  // namespace hermes::protocol
