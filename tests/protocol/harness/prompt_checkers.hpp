#pragma once

#include <cstdint>
#include <vector>

#include "protocol/harness/checker.hpp"
#include "protocol/harness/previous_states.hpp"

namespace hermes::protocol::harness {

/// asp, hermes: one push makes one version, and its sender is answered in the same step.
class AtOnceChecker final : public Checker {
 public:
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;
};

/// ssp: a push is merged in the step in which it is accepted; nobody is released who is more than
/// `staleness` rounds ahead of the slowest live worker, and nobody else is held.
class StalenessBoundChecker final : public Checker {
 public:
  StalenessBoundChecker(std::uint32_t staleness, std::uint32_t workers)
      : staleness_(staleness), before_(workers) {}
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;

 private:
  std::uint64_t staleness_;
  PreviousStates before_;
  bool was_deserted_ = false;
};

/// hermes: a worker waits for nothing but the answer to a push or a pull, and says why it pushed.
class GateChecker final : public Checker {
 public:
  using Checker::after;
  void after(const WorkerStep& step, Verdict& verdict) override;
};

/// hermes, overlap: who pushes trains on; until the answer comes it says nothing more, finishes one
/// round at most, and then takes what it has learned since over to the model that it gets.
class OverlapChecker final : public Checker {
 public:
  explicit OverlapChecker(std::uint32_t workers) : workers_(workers) {}
  using Checker::after;
  void after(const WorkerStep& step, Verdict& verdict) override;

 private:
  struct Known {
    bool is_in_flight = false;
    std::uint32_t held = 0;
  };
  std::vector<Known> workers_;
};

/// hermes, weights = server: every update is measured once, and merged only after that.
class MeasureChecker final : public Checker {
 public:
  explicit MeasureChecker(std::uint32_t workers) : updates_(workers) {}
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;

 private:
  enum class Stage : std::uint8_t { None, Asked, Measured };
  Stage& stage(Rank rank) { return updates_[static_cast<std::size_t>(rank.value) - 1]; }

  std::vector<Stage> updates_;
};

}  // namespace hermes::protocol::harness
