#pragma once

#include <cstdint>
#include <map>

#include "hermes/protocol/record.hpp"

namespace hermes::telemetry {

/// The work that one report adds to what was known before.
struct ReportedWork {
  std::uint64_t rounds = 0;  ///< 0 for the push that repeats a vote, else 1
  std::uint64_t steps = 0;
  std::uint64_t samples = 0;
  double compute_seconds = 0.0;
};

/// Tells how much of a report is new. A report counts samples since the worker's last push, and a
/// push that answers a Collect repeats its vote: plain sums would count work twice.
class ReportLedger {
 public:
  ReportedWork take(const protocol::ReportAccepted& accepted);
  void take(const protocol::ReportRejected& rejected);

 private:
  struct Entry {
    Round last_round;
    std::uint64_t samples_seen = 0;  ///< of those since the last push
  };

  std::map<Rank, Entry> entries_;
};

}  // namespace hermes::telemetry
