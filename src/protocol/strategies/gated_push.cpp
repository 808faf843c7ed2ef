#include <cmath>

#include "hermes/protocol/strategies/push_rules.hpp"

namespace hermes::protocol {

PushDecision GatedPush::decide(const RoundOutcome& outcome, std::uint32_t /*rounds_left*/) {
  if (!std::isfinite(outcome.validation_loss)) {
    return PushDecision{.kind = ReportKind::Pull};
  }
  const Gate::Decision decision = gate_.decide(outcome.validation_loss);
  return PushDecision{.kind = decision.push ? ReportKind::Push : ReportKind::Suppressed,
                      .gate = decision.reading};
}

void GatedPush::save(StateWriter& state) const {
  gate_.save(state);
}

void GatedPush::load(StateReader& state) {
  gate_.load(state);
}

}  // namespace hermes::protocol
