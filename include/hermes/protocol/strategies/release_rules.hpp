#pragma once

#include "hermes/protocol/release_rule.hpp"

namespace hermes::protocol {

/// bsp: nobody goes on before every live worker has reported; then all merge and all go on.
class Barrier final : public ReleaseRule {
 public:
  ReleaseDecision decide(const Roster& roster, Instant now) override;
  bool is_barrier() const override { return true; }
};

/// asp, hermes: whoever waits is merged and answered at once.
class AtOnce final : public ReleaseRule {
 public:
  ReleaseDecision decide(const Roster& roster, Instant now) override;
  bool is_barrier() const override { return false; }
};

}  // namespace hermes::protocol
