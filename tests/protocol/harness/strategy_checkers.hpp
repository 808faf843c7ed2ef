#pragma once

#include "protocol/harness/checker.hpp"

namespace hermes::protocol::harness {

/// bsp: whoever waits is merged and released with all other live workers, at once and of one
/// version; nobody is more than a round ahead.
class BspChecker final : public Checker {
 public:
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;

 private:
  bool was_deserted_ = false;
};

/// asp, hermes: one push makes one version, and its sender is answered in the same step.
class AtOnceChecker final : public Checker {
 public:
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;
};

/// hermes: a worker waits for nothing but the answer to a push or a pull, and says why it pushed.
class GateChecker final : public Checker {
 public:
  using Checker::after;
  void after(const WorkerStep& step, Verdict& verdict) override;
};

}  // namespace hermes::protocol::harness
