#pragma once

#include <optional>

#include "protocol/harness/checker.hpp"
#include "protocol/harness/previous_states.hpp"

namespace hermes::protocol::harness {

/// timebox: nothing more than one version old is merged and nothing younger is dropped; a merge
/// comes when nobody trains on the present version any more, or at the first event after the grace
/// when there is something to merge; all get the same box; a merge leaves nobody waiting but those
/// whom the contribution cut excludes.
class TimeBoxChecker final : public Checker {
 public:
  TimeBoxChecker(const TimeboxConfig& config, std::uint32_t workers)
      : config_(config), before_(workers) {}
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;

 private:
  void check_merge(const ServerStep& step, const Merged& merged, Verdict& verdict);
  void measure_transfers(const ServerStep& step, const Merged& merged);
  Instant deadline() const;
  void check_drops(const ServerStep& step, Verdict& verdict) const;
  void check_grants(const ServerStep& step, Verdict& verdict);
  void check_contribution(const ServerStep& step, Verdict& verdict) const;
  void check_deadline(const ServerStep& step, Verdict& verdict);

  TimeboxConfig config_;
  PreviousStates before_;
  Instant opened_at_{};
  std::optional<Duration> box_;       ///< nothing while no grant has shown it
  Duration transfer_ = seconds(1.0);  ///< while nothing was measured
};

}  // namespace hermes::protocol::harness
