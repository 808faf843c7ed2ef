#include "hermes/protocol/roster.hpp"

#include <algorithm>

#include "hermes/core/assert.hpp"

namespace hermes::protocol {

Roster::Roster(std::uint32_t workers, const LivenessConfig& liveness) {
  peers_.reserve(workers);
  for (std::uint32_t i = 0; i < workers; ++i) {
    const Rank rank{static_cast<Rank::rep>(i + 1)};
    peers_.push_back(Peer{.rank = rank,
                          .silence = SilenceMonitor(liveness.worker_timeout, liveness.deviations)});
  }
}

bool Roster::contains(Rank rank) const {
  return rank.value >= 1 && static_cast<std::size_t>(rank.value) <= peers_.size();
}

Peer& Roster::at(Rank rank) {
  HERMES_ASSERT(contains(rank), "roster: no such worker");
  return peers_[static_cast<std::size_t>(rank.value) - 1];
}

const Peer& Roster::at(Rank rank) const {
  HERMES_ASSERT(contains(rank), "roster: no such worker");
  return peers_[static_cast<std::size_t>(rank.value) - 1];
}

std::uint32_t Roster::count(PeerState state) const {
  return static_cast<std::uint32_t>(std::count_if(
      peers_.begin(), peers_.end(), [state](const Peer& peer) { return peer.state == state; }));
}

std::uint32_t Roster::live_count() const {
  return static_cast<std::uint32_t>(
      std::count_if(peers_.begin(), peers_.end(), [](const Peer& peer) { return peer.is_live(); }));
}

bool Roster::all_live_waiting() const {
  return live_count() > 0 && live_count() == count(PeerState::Waiting);
}

std::optional<Round> Roster::slowest_clock() const {
  std::optional<Round> slowest;
  for (const Peer& peer : peers_) {
    if (peer.is_live() && (!slowest || peer.clock < *slowest)) {
      slowest = peer.clock;
    }
  }
  return slowest;
}

std::optional<Round> Roster::slowest_start() const {
  std::optional<Round> slowest;
  for (const Peer& peer : peers_) {
    if (peer.is_live()) {
      const Round start{peer.clock.value - (peer.state == PeerState::Computing ? 0 : 1)};
      slowest = std::min(slowest.value_or(start), start);
    }
  }
  return slowest;
}

}  // namespace hermes::protocol
