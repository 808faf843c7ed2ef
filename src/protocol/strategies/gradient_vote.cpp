#include <algorithm>
#include <cmath>

#include "hermes/core/state_archive.hpp"
#include "hermes/protocol/strategies/push_rules.hpp"

namespace hermes::protocol {

PushDecision GradientVote::decide(const RoundOutcome& outcome, std::uint32_t /*rounds_left*/) {
  constexpr double kNormMin = 1e-12;
  if (!std::isfinite(outcome.gradient_norm_squared)) {
    return PushDecision{.kind = ReportKind::Pull};
  }
  const double before = average_.value_or(outcome.gradient_norm_squared);
  average_ = (1.0 - config_.smoothing) * before + config_.smoothing * outcome.gradient_norm_squared;
  const double change = std::abs(*average_ - before) / std::max(before, kNormMin);
  ++rounds_;
  return PushDecision{.kind = ReportKind::Vote,
                      .vote = rounds_ <= config_.window || change >= config_.delta};
}

void GradientVote::save(StateWriter& state) const {
  state& average_& rounds_;
}

void GradientVote::load(StateReader& state) {
  state& average_& rounds_;
  StateReader::expect(std::isfinite(average_.value_or(0.0)), "a finite gradient");
}

}  // namespace hermes::protocol
