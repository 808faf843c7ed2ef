#pragma once

#include "hermes/protocol/message.hpp"

namespace hermes::protocol {

/// What a worker measured in one round.
struct RoundOutcome {
  std::uint32_t steps = 0;
  std::uint64_t samples = 0;
  double compute_seconds = 0.0;
  double train_loss = 0.0;
  double validation_loss = 0.0;
  double validation_accuracy = 0.0;
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
  /// True when rounds must end with the validation loss of the local model.
  virtual bool needs_validation() const = 0;
  /// `rounds_left`: rounds of the plan that remain after this one.
  virtual PushDecision decide(const RoundOutcome& outcome, std::uint32_t rounds_left) = 0;
};

}  // namespace hermes::protocol
