#include "hermes/runtime/fault_injector.hpp"

#include <utility>

namespace hermes::runtime {

FaultInjector::FaultInjector(const std::vector<Fault>& plan, transport::Transport& transport,
                             std::function<void()> kill)
    : inner_(transport),
      faulty_(transport),
      schedule_(plan, transport.rank()),
      has_plan_(!schedule_.empty()),
      kill_(std::move(kill)) {}

transport::Transport& FaultInjector::transport() {
  return has_plan_ ? faulty_ : inner_;
}

std::optional<Fault> FaultInjector::strike(std::uint64_t rounds) {
  while (!schedule_.empty()) {
    const Instant now = faulty_.now();
    const std::optional<Fault> fault = schedule_.next_due(now, rounds);
    if (!fault) {
      break;
    }
    switch (fault->kind) {
      case FaultKind::Kill:
        is_killed_ = true;
        kill_();
        break;
      case FaultKind::Freeze:
        frozen_until_ = now + seconds(*fault->seconds);
        faulty_.cut_until(*frozen_until_);
        break;
      case FaultKind::Cut:
        faulty_.cut_until(now + seconds(*fault->seconds));
        break;
      case FaultKind::Malformed:
        faulty_.damage_next_payload();
        break;
      case FaultKind::Slow:
      case FaultKind::NonFinite:
        return fault;
    }
  }
  return std::nullopt;
}

}  // namespace hermes::runtime
