#include "hermes/protocol/strategies/push_rules.hpp"

namespace hermes::protocol {

PushDecision EndOfPlan::decide(const RoundOutcome& /*outcome*/, std::uint32_t rounds_left) {
  return PushDecision{.kind = rounds_left == 0 ? ReportKind::Push : ReportKind::Suppressed};
}

}  // namespace hermes::protocol
