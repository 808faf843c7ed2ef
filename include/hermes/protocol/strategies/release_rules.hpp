#pragma once

#include <cstdint>
#include <optional>

#include "hermes/protocol/release_rule.hpp"
#include "hermes/protocol/strategy.hpp"

namespace hermes::protocol {

/// bsp: nobody goes on before every live worker has reported; then all merge and all go on.
class Barrier final : public ReleaseRule {
 public:
  ReleaseDecision decide(const Roster& roster, Version version, Instant now) override;
  bool is_barrier() const override { return true; }
};

/// asp, hermes: whoever waits is merged and answered at once.
class AtOnce final : public ReleaseRule {
 public:
  ReleaseDecision decide(const Roster& roster, Version version, Instant now) override;
  bool is_barrier() const override { return false; }
};

/// ssp: updates are merged at once, but who is more than `staleness` rounds ahead of the slowest
/// waits (Ho et al., NIPS 2013).
class BoundedStaleness final : public ReleaseRule {
 public:
  explicit BoundedStaleness(std::uint32_t staleness) : staleness_(staleness) {}
  ReleaseDecision decide(const Roster& roster, Version version, Instant now) override;
  bool is_barrier() const override { return false; }

 private:
  std::uint32_t staleness_;
};

/// ebsp: a barrier, but each worker gets as many rounds as ZipLine predicts to bring all of them to
/// the next one at nearly the same time (Zhao et al., ICDCS 2019). One round each until every live
/// worker's pace is known.
class ElasticBarrier final : public ReleaseRule {
 public:
  explicit ElasticBarrier(std::uint32_t horizon) : horizon_(horizon) {}
  ReleaseDecision decide(const Roster& roster, Version version, Instant now) override;
  bool is_barrier() const override { return true; }

 private:
  std::uint32_t horizon_;
};

/// selsync: gathers the votes of all live workers; one yes collects every model and merges them,
/// otherwise all go on from their own (Tyagi & Swany, CLUSTER 2023).
class Ballot final : public ReleaseRule {
 public:
  ReleaseDecision decide(const Roster& roster, Version version, Instant now) override;
  bool is_barrier() const override { return true; }
};

/// timebox: all train for the same time; what has arrived a grace later is merged, the rest counts
/// in the next box when it is one version old at most (ALGORITHMS section 2b).
class TimeBox final : public ReleaseRule {
 public:
  explicit TimeBox(const TimeboxConfig& config) : config_(config) {}
  ReleaseDecision decide(const Roster& roster, Version version, Instant now) override;
  RoundPlan first_plan(Instant now) override;
  bool is_barrier() const override { return false; }
  void save(StateWriter& state) const override;
  void load(StateReader& state) override;

  /// The length of the present box.
  Duration box() const;

 private:
  void measure(const Roster& roster);

  TimeboxConfig config_;
  std::optional<Instant> opened_at_;
  std::optional<double> measured_seconds_;  ///< moving average
  double transfer_seconds_ = 1.0;  ///< push and pull, median of the last box; at first a guess
};

}  // namespace hermes::protocol
