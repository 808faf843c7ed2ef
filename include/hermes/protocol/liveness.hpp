#pragma once

#include <array>
#include <cstddef>

#include "hermes/core/time.hpp"

namespace hermes::protocol {

struct LivenessConfig {
  Duration heartbeat = seconds(0.5);        ///< say something at least this often
  Duration worker_timeout = seconds(10.0);  ///< floor of a worker's deadline
  Duration server_timeout = seconds(30.0);  ///< a worker leaves after this silence
  Duration gather_timeout = seconds(60.0);  ///< wait this long for the first workers
  Duration drain_timeout = seconds(10.0);   ///< wait this long for farewells
  double deviations = 8.0;                  ///< k in median + k MAD

  friend bool operator==(const LivenessConfig&, const LivenessConfig&) = default;
};

/// Tells from a peer's own rhythm when its silence means that it is lost: deadline = median + k MAD
/// of its last inter-arrival times, never below the floor. Knows no clock.
class SilenceMonitor {
 public:
  SilenceMonitor(Duration floor, double deviations) : floor_(floor), deviations_(deviations) {}

  void heard(Instant now);
  /// Starts afresh at `now`: the peer is not blamed for the time before.
  void pardon(Instant now) { last_ = now; }
  Duration silent(Instant now) const { return now - last_; }
  Duration deadline() const { return deadline_; }
  bool is_overdue(Instant now) const { return silent(now) > deadline_; }

 private:
  static constexpr std::size_t kHistory = 32;

  Duration floor_{};
  double deviations_;
  bool is_known_ = false;
  Instant last_{};
  Duration deadline_ = floor_;
  std::array<double, kHistory> intervals_{};
  std::size_t count_ = 0;
};

}  // namespace hermes::protocol
