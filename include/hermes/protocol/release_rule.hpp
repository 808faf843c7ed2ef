#pragma once

#include <vector>

#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"
#include "hermes/protocol/roster.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::protocol {

/// Permission for one worker to go on, and how far.
struct Grant {
  Rank rank{};
  RoundPlan plan{};

  friend bool operator==(const Grant&, const Grant&) = default;
};

/// What the server does now, in this order. Nothing set: hold.
struct ReleaseDecision {
  std::vector<Rank> drop{};      ///< discard these workers' pending updates: too old to count
  bool merge = false;            ///< merge all (other) pending updates
  std::vector<Rank> collect{};   ///< ask these for their payload
  std::vector<Grant> release{};  ///< let these go on
  bool with_model = true;        ///< the released get the global model (else they keep their own)
};

/// The server's rule: who may go on, and when pending updates are merged. Asked again after every
/// event, so it holds simply by deciding nothing. May keep state.
class ReleaseRule {
 public:
  virtual ~ReleaseRule() = default;
  /// `version` is that of the global model.
  virtual ReleaseDecision decide(const Roster& roster, Version version, Instant now) = 0;
  /// For a worker that goes on without a decision: at the start of the run, and after a return.
  virtual RoundPlan first_plan(Instant /*now*/) { return {}; }
  /// True for barriers: versions form one reproducible sequence, so the server evaluates every due
  /// version of it, in order.
  virtual bool is_barrier() const = 0;
  /// What it has learned so far, for checkpoints. The default: nothing.
  virtual void save(StateWriter& /*state*/) const {}
  virtual void load(StateReader& /*state*/) {}
};

}  // namespace hermes::protocol
