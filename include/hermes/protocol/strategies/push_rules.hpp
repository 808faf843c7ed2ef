#pragma once

#include <cstdint>
#include <optional>

#include "hermes/protocol/gate.hpp"
#include "hermes/protocol/push_rule.hpp"
#include "hermes/protocol/strategy.hpp"

namespace hermes::protocol {

/// bsp, asp, ssp, ebsp, timebox: one push at the end of the plan, which is every round but for
/// ebsp.
class EndOfPlan final : public PushRule {
 public:
  explicit EndOfPlan(bool overlaps = false) : overlaps_(overlaps) {}
  bool overlaps() const override { return overlaps_; }
  PushDecision decide(const RoundOutcome& outcome, std::uint32_t rounds_left) override;

 private:
  bool overlaps_;
};

/// hermes: a round is pushed when the gate says that the model has really improved. A round whose
/// loss is not finite asks for the global model instead and leaves no trace in the gate.
class GatedPush final : public PushRule {
 public:
  GatedPush(const GateConfig& config, const RandomStream& coin, bool overlaps)
      : gate_(config, coin), overlaps_(overlaps) {}
  RoundNeeds needs() const override { return {.validation = true}; }
  bool overlaps() const override { return overlaps_; }
  PushDecision decide(const RoundOutcome& outcome, std::uint32_t rounds_left) override;
  void save(StateWriter& state) const override;
  void load(StateReader& state) override;

 private:
  Gate gate_;
  bool overlaps_;
};

/// selsync: votes to synchronise when the moving average of the squared gradient norm has changed
/// by `delta` of itself, and while the first `window` rounds fill it.
class GradientVote final : public PushRule {
 public:
  explicit GradientVote(const SelSyncConfig& config) : config_(config) {}
  RoundNeeds needs() const override { return {.gradient_norm = true}; }
  PushDecision decide(const RoundOutcome& outcome, std::uint32_t rounds_left) override;
  void save(StateWriter& state) const override;
  void load(StateReader& state) override;

 private:
  SelSyncConfig config_;
  std::optional<double> average_;
  std::uint64_t rounds_ = 0;
};

}  // namespace hermes::protocol
