#pragma once

#include <vector>

#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"
#include "hermes/protocol/roster.hpp"

namespace hermes::protocol {

/// What the server does now. Nothing set: hold.
struct ReleaseDecision {
  bool merge = false;           ///< merge all pending updates first
  std::vector<Rank> release{};  ///< let these go on
  bool with_model = true;       ///< the released get the global model (else they keep their own)
  std::vector<Rank> collect{};  ///< ask these for their payload
  RoundPlan plan{};             ///< for the released
};

/// The server's rule: who may go on, and when pending updates are merged. Asked again after every
/// event, so it holds simply by deciding nothing. May keep state.
class ReleaseRule {
 public:
  virtual ~ReleaseRule() = default;
  virtual ReleaseDecision decide(const Roster& roster, Instant now) = 0;
  /// True for barriers: versions form one reproducible sequence, so the server evaluates every due
  /// version of it, in order.
  virtual bool is_barrier() const = 0;
};

}  // namespace hermes::protocol
