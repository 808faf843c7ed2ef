#include "hermes/runtime/fault.hpp"

#include <algorithm>

namespace hermes::runtime {

FaultSchedule::FaultSchedule(const std::vector<Fault>& plan, Rank rank) {
  std::ranges::copy_if(plan, std::back_inserter(coming_), [rank](const Fault& fault) {
    return fault.rank == static_cast<std::uint64_t>(rank.value);
  });
}

std::optional<Fault> FaultSchedule::next_due(Instant now, std::uint64_t rounds) {
  const double elapsed = now.time_since_epoch().count();
  const auto is_due = [&](const Fault& fault) {
    return fault.at_round ? *fault.at_round <= rounds : *fault.at_seconds <= elapsed;
  };
  const auto found = std::ranges::find_if(coming_, is_due);
  if (found == coming_.end()) {
    return std::nullopt;
  }
  const Fault fault = *found;
  coming_.erase(found);
  if (fault.kind == FaultKind::Slow && fault.seconds) {
    Fault end = fault;
    end.at_round.reset();
    end.at_seconds = elapsed + *fault.seconds;
    end.seconds.reset();
    end.factor = 1.0;
    coming_.push_back(end);
  }
  return fault;
}

}  // namespace hermes::runtime
