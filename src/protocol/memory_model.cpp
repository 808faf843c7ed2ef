#include "hermes/protocol/memory_model.hpp"

#include <algorithm>
#include <limits>

namespace hermes::protocol {

std::uint64_t MemoryModel::bytes(std::uint64_t rows, std::uint32_t minibatch) const {
  return fixed_bytes + bytes_per_minibatch_row * std::max(minibatch, minibatch_rows_min) +
         bytes_per_shard_row * rows;
}

std::uint64_t MemoryModel::rows_max(std::uint64_t budget, std::uint32_t minibatch) const {
  if (budget == 0 || bytes_per_shard_row == 0) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  const std::uint64_t taken = bytes(0, minibatch);
  return taken >= budget ? 0 : (budget - taken) / bytes_per_shard_row;
}

}  // namespace hermes::protocol
