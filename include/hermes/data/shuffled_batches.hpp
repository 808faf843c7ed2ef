#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hermes/core/random.hpp"

namespace hermes::data {

/// Seeded passes over the rows of a shard: every pass delivers each row once, in a new order, in
/// mini-batches; the last one of a pass may be smaller.
///
/// The state is small and exact: the generator as it was before the pass, and the place in it.
class ShuffledBatches {
 public:
  /// Where the passes stand, for checkpoints.
  struct State {
    RandomStream::State stream{};  ///< before the order of this pass was drawn
    std::uint64_t pass = 0;
    std::uint32_t row_count = 0;
    std::uint32_t batch_size = 0;
    std::uint32_t position = 0;  ///< rows of this pass that were delivered

    friend bool operator==(const State&, const State&) = default;
  };

  /// Requires: row_count > 0, batch_size > 0. The stream is usually
  /// (seed, RandomPurpose::Shuffle, rank).
  ShuffledBatches(std::uint32_t row_count, std::uint32_t batch_size, const RandomStream& stream);
  /// Goes on exactly where `state` was taken. Throws DataError when the state is impossible.
  explicit ShuffledBatches(const State& state);

  /// Row indices of the next mini-batch; valid until the next call. Starts a new pass as needed.
  std::span<const std::uint32_t> next();
  /// Starts over with other rows (a new assignment), going on with the same stream.
  void reset(std::uint32_t row_count, std::uint32_t batch_size);
  /// From the next mini-batch on; the rows of the pass that are left stay the same.
  void set_batch_size(std::uint32_t batch_size);

  /// Passes begun before the current one.
  std::uint64_t pass() const { return state_.pass; }
  bool pass_done() const { return state_.position == state_.row_count; }
  std::uint32_t row_count() const { return state_.row_count; }
  std::uint32_t batch_size() const { return state_.batch_size; }
  /// Mini-batches of a whole pass.
  std::uint64_t batches_per_pass() const;
  const State& state() const { return state_; }

 private:
  void draw_order();

  State state_;
  RandomStream stream_;  // after the order of this pass was drawn
  std::vector<std::uint32_t> order_;
};

}  // namespace hermes::data
