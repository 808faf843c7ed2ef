#include "hermes/protocol/strategies/release_rules.hpp"

namespace hermes::protocol {
namespace {

/// A worker that was silent while the others synchronised: its model is not of their kind any more.
bool has_missed_one(const Peer& peer, Version version) {
  return peer.pulled != version;
}

/// A vote to synchronise; so is a model that got lost.
bool wants_model(const Peer& peer, Version version) {
  return peer.last_report.kind != ReportKind::Vote || peer.last_report.vote ||
         has_missed_one(peer, version);
}

bool must_be_collected(const Peer& peer, Version version) {
  return peer.last_report.kind == ReportKind::Vote && !peer.pending &&
         !has_missed_one(peer, version);
}

}  // namespace

ReleaseDecision Ballot::decide(const Roster& roster, Version version, Instant /*now*/) {
  ReleaseDecision decision;
  if (!roster.all_live_waiting()) {
    return decision;
  }
  bool is_synchronising = false;
  for (const Peer& peer : roster.peers()) {
    // A payload that has come is not left lying, whoever wanted it and wherever its sender is now.
    is_synchronising =
        is_synchronising || peer.pending || (peer.is_waiting() && wants_model(peer, version));
  }
  for (const Peer& peer : roster.peers()) {
    if (peer.is_waiting() && is_synchronising && must_be_collected(peer, version)) {
      decision.collect.push_back(peer.rank);
    }
  }
  if (!decision.collect.empty()) {
    return decision;
  }
  decision.merge = is_synchronising;
  decision.with_model = is_synchronising;
  for (const Peer& peer : roster.peers()) {
    if (peer.is_waiting()) {
      decision.release.push_back({peer.rank});
    }
  }
  return decision;
}

}  // namespace hermes::protocol
