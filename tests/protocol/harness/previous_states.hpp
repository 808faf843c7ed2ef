#pragma once

#include <cstddef>
#include <variant>
#include <vector>

#include "protocol/harness/checker.hpp"

namespace hermes::protocol::harness {

/// What the server thought of its workers before the present step. Tells the releases that the
/// rule decided from those that the server had to give on its own.
class PreviousStates {
 public:
  explicit PreviousStates(std::uint32_t workers)
      : states_(workers, PeerState::Expected), released_at_(workers) {}

  PeerState of(Rank rank) const { return states_[index(rank)]; }
  Instant released_at(Rank rank) const { return released_at_[index(rank)]; }
  /// At the end of each check.
  void remember(const ServerStep& step) {
    for (const Peer& peer : step.server.roster().peers()) {
      states_[index(peer.rank)] = peer.state;
      released_at_[index(peer.rank)] = peer.released_at;
    }
  }

  /// True when the server set this worker on its feet again, whatever the rule says.
  bool was_reissued(const ServerStep& step, Rank rank) const {
    if (const auto* garbled = std::get_if<WorkerGarbled>(&step.event)) {
      return garbled->from == rank &&
             (of(rank) == PeerState::Computing || of(rank) == PeerState::Collecting);
    }
    const auto* said = std::get_if<WorkerSaid>(&step.event);
    if (said == nullptr || said->from != rank) {
      return false;
    }
    bool is_reissued = std::holds_alternative<Join>(said->message.body) &&
                       step.server.state() != ServerState::Gathering;
    for_each_note<WorkerReturned>(step.effects, [&](const WorkerReturned& returned) {
      is_reissued = step.server.roster().at(returned.rank).lost_in != PeerState::Waiting;
    });
    for_each_note<ReportRejected>(step.effects, [&](const ReportRejected& rejected) {
      is_reissued = is_reissued || (rejected.rank == rank && of(rank) != PeerState::Lost &&
                                    rejected.reason == RejectReason::Malformed);
    });
    return is_reissued;
  }

  /// The workers that the rule released in this step.
  std::vector<Rank> released_by_rule(const ServerStep& step) const {
    std::vector<Rank> released;
    for_each_note<Released>(step.effects, [&](const Released& note) {
      if (!was_reissued(step, note.rank)) {
        released.push_back(note.rank);
      }
    });
    return released;
  }

 private:
  static std::size_t index(Rank rank) { return static_cast<std::size_t>(rank.value) - 1; }

  std::vector<PeerState> states_;
  std::vector<Instant> released_at_;
};

}  // namespace hermes::protocol::harness
