#include "hermes/protocol/partition.hpp"

#include <algorithm>

#include "hermes/core/assert.hpp"
#include "hermes/core/random.hpp"

namespace hermes::protocol {

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
