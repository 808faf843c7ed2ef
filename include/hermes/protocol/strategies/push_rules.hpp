#pragma once

#include "hermes/protocol/gate.hpp"
#include "hermes/protocol/push_rule.hpp"

namespace hermes::protocol {

/// bsp, asp: every round is pushed.
class EveryRound final : public PushRule {
 public:
  bool needs_validation() const override { return false; }
  PushDecision decide(const RoundOutcome& outcome, std::uint32_t rounds_left) override;
};

/// hermes: a round is pushed when the gate says that the model has really improved. A round whose
/// loss is not finite asks for the global model instead and leaves no trace in the gate.
class GatedPush final : public PushRule {
 public:
  explicit GatedPush(const GateConfig& config) : gate_(config) {}
  bool needs_validation() const override { return true; }
  PushDecision decide(const RoundOutcome& outcome, std::uint32_t rounds_left) override;

 private:
  Gate gate_;
};

}  // namespace hermes::protocol
