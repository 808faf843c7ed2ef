#include "hermes/protocol/strategies/release_rules.hpp"

namespace hermes::protocol {

ReleaseDecision AtOnce::decide(const Roster& roster, Version /*version*/, Instant /*now*/) {
  ReleaseDecision decision;
  for (const Peer& peer : roster.peers()) {
    if (peer.is_waiting()) {
      decision.merge = true;
      decision.release.push_back({peer.rank});
    }
  }
  return decision;
}

}  // namespace hermes::protocol
