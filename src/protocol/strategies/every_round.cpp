#include "hermes/protocol/strategies/push_rules.hpp"

namespace hermes::protocol {

PushDecision EveryRound::decide(const RoundOutcome& /*outcome*/, std::uint32_t /*rounds_left*/) {
  return PushDecision{.kind = ReportKind::Push};
}

}  // namespace hermes::protocol
