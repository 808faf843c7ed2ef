#include "hermes/protocol/partition.hpp"

#include <algorithm>

#include "hermes/core/assert.hpp"
#include "hermes/core/random.hpp"

namespace hermes::protocol {

namespace {

/// Rows of pool `index` under ByLabel (the pieces of all pools are equal up to one row).
std::uint64_t label_pool_rows(const PartitionConfig& partition, std::uint64_t index,
                              std::uint64_t pieces) {
  const std::uint64_t all = partition.workers * pieces;
  std::uint64_t rows = 0;
  for (std::uint64_t piece = index; piece < all; piece += partition.workers) {
    rows += (piece + 1) * partition.train_rows / all - piece * partition.train_rows / all;
  }
  return rows;
}

std::uint32_t pieces_per_pool(const PartitionConfig& partition) {
  return std::max<std::uint32_t>(1, partition.labels_per_worker);
}

}  // namespace

std::uint64_t PartitionConfig::rows_needed() const {
  switch (kind) {
    case PartitionKind::Shared:
      return 1;
    case PartitionKind::Disjoint:
      return workers;
    case PartitionKind::ByLabel:
      return std::uint64_t{workers} * pieces_per_pool(*this);
  }
  return 1;
}

Assignment make_assignment(const PartitionConfig& partition, Rank worker, const ShardSize& size,
                           std::uint64_t generation) {
  const auto index = static_cast<std::uint64_t>(worker.value) - 1;
  HERMES_ASSERT(worker.value >= 1 && index < partition.workers, "partition: no such worker");
  const bool is_shared = partition.kind == PartitionKind::Shared;

  Assignment assignment;
  assignment.generation = generation;
  assignment.order =
      partition.kind == PartitionKind::ByLabel ? RowOrder::ByLabel : RowOrder::Shuffled;
  // A common order makes private pools disjoint; an order of its own lets a worker see everything.
  assignment.order_seed =
      RandomStream(partition.seed, RandomPurpose::Assignment, is_shared ? index + 1 : 0).next();
  if (is_shared) {
    assignment.pool_count = partition.train_rows;
  } else if (partition.kind == PartitionKind::ByLabel) {
    assignment.pools = partition.workers;
    assignment.pieces = pieces_per_pool(partition);
    for (std::uint64_t before = 0; before < index; ++before) {
      assignment.pool_first += label_pool_rows(partition, before, assignment.pieces);
    }
    assignment.pool_count = label_pool_rows(partition, index, assignment.pieces);
  } else {
    const std::uint64_t end = (index + 1) * partition.train_rows / partition.workers;
    assignment.pool_first = index * partition.train_rows / partition.workers;
    assignment.pool_count = end - assignment.pool_first;
  }
  assignment.shard_rows = std::min(size.rows, assignment.pool_count);
  assignment.minibatch = size.minibatch;
  return assignment;
}

}  // namespace hermes::protocol
