#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "hermes/runtime/fault.hpp"
#include "hermes/transport/faulty_transport.hpp"

namespace hermes::runtime {

/// Lets a rank suffer the faults of its plan. What strikes the process or its network happens here;
/// what strikes the worker's own work is handed to the caller.
///
///     while (!node.is_finished()) {
///       while (auto fault = faults.strike(rounds)) node.suffer(*fault);
///       if (faults.is_killed()) return;
///       if (faults.is_frozen()) faults.wait(); else if (!node.turn()) node.rest();
///     }
///
/// Requires: `transport` outlives this. Without a plan for this rank it costs a comparison.
class FaultInjector {
 public:
  /// `kill` ends the process; where it returns (ranks that share one), `is_killed` says so.
  FaultInjector(const std::vector<Fault>& plan, transport::Transport& transport,
                std::function<void()> kill);

  /// What the rank shall talk through.
  transport::Transport& transport();

  /// Lets what is due happen, up to the first Slow or NonFinite, which is returned.
  std::optional<Fault> strike(std::uint64_t rounds);
  bool is_killed() const { return is_killed_; }
  bool is_frozen() const { return frozen_until_ && faulty_.now() < *frozen_until_; }
  /// Passes the time of a frozen rank.
  void wait() { faulty_.wait(*frozen_until_ - faulty_.now()); }

 private:
  transport::Transport& inner_;
  transport::FaultyTransport faulty_;
  FaultSchedule schedule_;
  bool has_plan_;
  std::function<void()> kill_;
  bool is_killed_ = false;
  std::optional<Instant> frozen_until_;
};

}  // namespace hermes::runtime
