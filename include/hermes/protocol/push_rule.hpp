#pragma once

#include "hermes/protocol/message.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::protocol {

/// What a round must measure beside its training loss.
struct RoundNeeds {
  bool validation = false;     ///< loss and accuracy of the local model when the round ends
  bool gradient_norm = false;  ///< of each mini-batch

  friend bool operator==(const RoundNeeds&, const RoundNeeds&) = default;
};

/// What a worker measured in one round.
struct RoundOutcome {
  std::uint32_t steps = 0;
  std::uint64_t samples = 0;
  double compute_seconds = 0.0;     ///< training
  double evaluation_seconds = 0.0;  ///< measuring the local model
  double data_seconds = 0.0;        ///< waiting for rows
  double train_loss = 0.0;
  double validation_loss = 0.0;
  double validation_accuracy = 0.0;
  double gradient_norm_squared = 0.0;  ///< mean over the round's steps
};

struct PushDecision {
  ReportKind kind = ReportKind::Push;
  bool vote = false;
  GateReading gate{};
};

/// The worker's rule: what to report after a round. One object per worker; may keep state.
class PushRule {
 public:
  virtual ~PushRule() = default;
  virtual RoundNeeds needs() const { return {}; }
  /// True: the worker trains on while its push is in flight, and takes what it has learned since
  /// over to the model that comes back.
  virtual bool overlaps() const { return false; }
  /// `rounds_left`: rounds of the plan that remain after this one.
  virtual PushDecision decide(const RoundOutcome& outcome, std::uint32_t rounds_left) = 0;
  /// What it has learned so far, for checkpoints. The default: nothing.
  virtual void save(StateWriter& /*state*/) const {}
  virtual void load(StateReader& /*state*/) {}
};

}  // namespace hermes::protocol
