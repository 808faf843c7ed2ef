#pragma once

#include <compare>
#include <cstdint>

namespace hermes::protocol {

/// How the training rows are put in order before pools are cut from them.
enum class RowOrder : std::uint8_t {
  Shuffled,  ///< a seeded permutation
  ByLabel,   ///< sorted by label (for experiments with skewed shards)
};

/// The rows and the mini-batch size a worker trains on, small enough to travel in a message.
///
/// `pool_first .. pool_first + pool_count` is a segment of the ordered training rows (wrapping at
/// their end). The worker holds `shard_rows` of its pool in memory, passes over them once, and
/// moves on to the next `shard_rows`; a pool that fits in one shard stays where it is.
struct Assignment {
  std::uint64_t generation = 0;  ///< grows whenever the server changes anything below
  RowOrder order = RowOrder::Shuffled;
  std::uint64_t order_seed = 0;
  std::uint64_t pool_first = 0;
  std::uint64_t pool_count = 0;
  std::uint64_t shard_rows = 0;
  std::uint32_t minibatch = 0;

  friend bool operator==(const Assignment&, const Assignment&) = default;
};

}  // namespace hermes::protocol
