#pragma once

#include <vector>

#include "protocol/harness/checker.hpp"

namespace hermes::protocol::harness {

/// Any allocation: each change is a new generation and says why, it alone is what the worker is
/// told, and it fits the worker's memory. Adaptive: mini-batches stay within their bounds.
class AllocationChecker final : public Checker {
 public:
  explicit AllocationChecker(const Scenario& scenario);
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;

 private:
  void check_change(const AssignmentChanged& change, Verdict& verdict);
  Assignment& noted(Rank rank) { return noted_[static_cast<std::size_t>(rank.value) - 1]; }

  const Scenario& scenario_;
  StrategyContext context_;
  std::vector<Assignment> noted_;
};

}  // namespace hermes::protocol::harness
