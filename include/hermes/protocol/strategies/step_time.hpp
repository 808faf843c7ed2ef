#pragma once

#include <cstdint>

#include "hermes/protocol/round_length.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::protocol {

/// How long one worker's steps and rounds take (ALGORITHMS section 1.3), learnt from its reports:
///
///     T(rows, mbs) = epochs * ceil(rows / mbs) * k(mbs)     rounds of epochs
///     T(rows, mbs) = steps * k(mbs)                         rounds of steps
///
/// k are the seconds per step, averaged exponentially for the present mini-batch size. For other
/// sizes k(mbs) = a + b mbs, the line through the present size and the one before it, with a
/// clamped at zero. With one size only, or where the larger of the two came out no dearer (so the
/// worker has changed its speed between them), k is guessed to be on the safe side:
///
///     rounds of epochs   k * max(1, mbs / present): rows set the time, so no gain is expected of
///                        another size; a guess too low would cost the next rounds dearly
///     rounds of steps    k * mbs / present: the size is all there is to set
class StepTime {
 public:
  explicit StepTime(const RoundLength& round) : round_(round) {}

  /// A round of `steps` > 0 steps took `seconds` > 0, finite.
  void observe(std::uint32_t minibatch, std::uint32_t steps, double seconds);

  /// For checkpoints.
  void save(StateWriter& state) const;
  void load(StateReader& state);

  bool is_known() const { return present_.minibatch > 0; }
  /// k(minibatch); known.
  double step_seconds(std::uint32_t minibatch) const;
  /// T(rows, minibatch); known. Grows with the rows, or stays.
  double round_seconds(std::uint64_t rows, std::uint32_t minibatch) const;

 private:
  struct Size {
    std::uint32_t minibatch = 0;  ///< 0: not seen
    double seconds = 0.0;         ///< per step
  };
  RoundLength round_;
  Size present_{};
  Size before_{};
};

/// Rows of one pass over a shard: a worker cuts its pool into as few windows of at most
/// `shard_rows` rows as will do, all of nearly equal size.
std::uint64_t window_rows(std::uint64_t pool_count, std::uint64_t shard_rows);

}  // namespace hermes::protocol
