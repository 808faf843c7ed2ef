#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"
#include "hermes/protocol/message.hpp"

namespace hermes::protocol::harness {

/// A time span in which a node does nothing and its mail waits (SIGSTOP ... SIGCONT).
struct Freeze {
  Rank node{};
  Instant begin{};
  Instant end{};
};

/// A time span in which nothing passes between a worker and the server; it arrives afterwards.
struct Outage {
  Rank worker{};
  Instant begin{};
  Instant end{};
};

struct Death {
  Rank worker{};
  Instant at{};
};

/// The worker's executor gives up and says why.
struct Failure {
  Rank worker{};
  Instant at{};
  StopReason reason = StopReason::Failed;
};

/// What is wrong with one worker's output: probabilities per message or round.
struct Noise {
  double garbled = 0.0;            ///< the frame cannot be decoded
  double nan_payload = 0.0;        ///< a push holds a NaN
  double misshapen_payload = 0.0;  ///< a push is one value short
  double nan_loss = 0.0;           ///< a round ends with a loss that is no number
};

/// Everything that goes wrong in one simulated run, drawn from a seed.
struct FaultPlan {
  std::vector<Freeze> freezes{};
  std::vector<Outage> outages{};
  std::vector<Death> deaths{};
  std::vector<Failure> failures{};
  std::vector<Rank> misfits{};  ///< workers of another run
  std::vector<Noise> noise{};   ///< by worker; empty: none
  double nan_evaluation = 0.0;
  std::optional<Instant> interrupted_at{};

  const Noise& noise_of(Rank worker) const;
  /// True when the server has no reason whatever to lose this worker.
  bool is_untouched(Rank worker) const;
};

/// Faults for `workers` workers, most of them within `horizon` of the start. Every second plan is
/// rich in faults, the others have one or two kinds only.
FaultPlan draw_faults(std::uint64_t seed, std::uint32_t workers, Duration horizon);

}  // namespace hermes::protocol::harness
