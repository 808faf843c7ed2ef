#pragma once

#include <cstdint>

#include "hermes/core/id.hpp"
#include "hermes/protocol/allocation_rule.hpp"
#include "hermes/protocol/assignment.hpp"

namespace hermes::protocol {

enum class PartitionKind : std::uint8_t {
  Shared,    ///< every worker draws from all rows, each in an order of its own
  Disjoint,  ///< private equal pools of one shuffled order
  ByLabel,   ///< private pools of few labels (see Assignment)
};

struct PartitionConfig {
  PartitionKind kind = PartitionKind::Shared;
  std::uint64_t seed = 1;
  std::uint64_t train_rows = 0;
  std::uint32_t workers = 1;
  /// ByLabel: pieces of the label-sorted rows in each pool; 0: one. A piece has one label, or two
  /// where labels meet, when there are at least as many pieces as classes.
  std::uint32_t labels_per_worker = 0;

  /// Rows that private pools need at least, so that none is empty.
  std::uint64_t rows_needed() const;
};

/// The assignment of a worker under a partition: which rows, in which order.
Assignment make_assignment(const PartitionConfig& partition, Rank worker, const ShardSize& size,
                           std::uint64_t generation);

}  // namespace hermes::protocol
