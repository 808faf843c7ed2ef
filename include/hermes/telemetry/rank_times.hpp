#pragma once

#include <algorithm>

namespace hermes::telemetry {

/// Where the time of one rank went. The parts do not overlap; with `other_seconds` they add up to
/// `seconds`. What each means for a worker and for the server: src/telemetry/README.md.
struct RankTimes {
  double seconds = 0.0;  ///< of the rank's run
  double compute_seconds = 0.0;
  double evaluation_seconds = 0.0;
  double data_seconds = 0.0;
  double waited_seconds = 0.0;
  double wire_seconds = 0.0;

  double known_seconds() const {
    return compute_seconds + evaluation_seconds + data_seconds + waited_seconds + wire_seconds;
  }
  double other_seconds() const { return std::max(seconds - known_seconds(), 0.0); }

  friend bool operator==(const RankTimes&, const RankTimes&) = default;
};

}  // namespace hermes::telemetry
