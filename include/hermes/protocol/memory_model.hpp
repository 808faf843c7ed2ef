#pragma once

#include <cstdint>

namespace hermes::protocol {

/// What training takes of a rank's memory, in bytes; the same on every rank, since model and data
/// are.
struct MemoryModel {
  std::uint64_t fixed_bytes = 0;          ///< whatever the assignment: model, optimizer, buffers
  std::uint64_t bytes_per_shard_row = 0;  ///< twice a row's where the next shard is prefetched
  std::uint64_t bytes_per_minibatch_row = 0;  ///< activations and their gradients
  std::uint32_t minibatch_rows_min = 0;       ///< smaller mini-batches take no less

  /// What is taken by this many rows of a shard and a mini-batch of this size, with the fixed part.
  std::uint64_t bytes(std::uint64_t rows, std::uint32_t minibatch) const;

  /// The most rows of a shard that fit in `budget` bytes beside mini-batches of this size; 0 when
  /// none does. A budget of 0 is no limit.
  std::uint64_t rows_max(std::uint64_t budget, std::uint32_t minibatch) const;

  friend bool operator==(const MemoryModel&, const MemoryModel&) = default;
};

}  // namespace hermes::protocol
