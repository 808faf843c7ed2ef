#include "hermes/protocol/strategies/release_rules.hpp"

namespace hermes::protocol {

ReleaseDecision Barrier::decide(const Roster& roster, Version /*version*/, Instant /*now*/) {
  ReleaseDecision decision;
  if (roster.all_live_waiting()) {
    decision.merge = true;
    for (const Peer& peer : roster.peers()) {
      if (peer.is_waiting()) {
        decision.release.push_back({peer.rank});
      }
    }
  }
  return decision;
}

}  // namespace hermes::protocol
