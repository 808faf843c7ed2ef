#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "hermes/protocol/release_rule.hpp"
#include "hermes/protocol/roster.hpp"

namespace hermes::protocol {

inline Roster roster_of(const std::vector<PeerState>& states) {
  Roster roster(static_cast<std::uint32_t>(states.size()), LivenessConfig{});
  for (std::size_t i = 0; i < states.size(); ++i) {
    roster.peers()[i].state = states[i];
  }
  return roster;
}

inline std::vector<Rank> released(const ReleaseDecision& decision) {
  std::vector<Rank> ranks;
  for (const Grant& grant : decision.release) {
    ranks.push_back(grant.rank);
  }
  return ranks;
}

}  // namespace hermes::protocol
