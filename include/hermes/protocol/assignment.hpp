#pragma once

#include <compare>
#include <cstdint>

namespace hermes::protocol {

/// How the training rows are put in order before pools are cut from them.
enum class RowOrder : std::uint8_t {
  Shuffled,  ///< a seeded permutation
  ByLabel,   ///< sorted by label and cut into pools of few labels (experiments with skewed shards)
};

/// No mini-batch has more rows: a worker makes room for one before it has seen any.
inline constexpr std::uint32_t kMinibatchMax = 1'000'000;

/// The rows and the mini-batch size a worker trains on, small enough to travel in a message.
///
/// `pool_first .. pool_first + pool_count` is a segment of the ordered training rows (wrapping at
/// their end). The worker holds `shard_rows` of its pool in memory, passes over them once, and
/// moves on to the next `shard_rows`; a pool that fits in one shard stays where it is.
///
/// ByLabel (McMahan et al. 2017, section 3): the sorted rows are cut into pools * pieces equal
/// pieces; pool i is pieces i, i + pools, i + 2 pools, ..., and its rows are mixed by `order_seed`,
/// so that any part of a pool is a fair sample of it. The pools stand in the order one after
/// another.
struct Assignment {
  std::uint64_t generation = 0;  ///< grows whenever the server changes anything below
  RowOrder order = RowOrder::Shuffled;
  std::uint64_t order_seed = 0;
  std::uint32_t pools = 1;   ///< ByLabel: of all workers together
  std::uint32_t pieces = 1;  ///< ByLabel: of the sorted rows in each pool
  std::uint64_t pool_first = 0;
  std::uint64_t pool_count = 0;
  std::uint64_t shard_rows = 0;
  std::uint32_t minibatch = 0;

  friend bool operator==(const Assignment&, const Assignment&) = default;
};

}  // namespace hermes::protocol
