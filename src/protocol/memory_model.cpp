#include "hermes/protocol/memory_model.hpp"

#include <limits>

namespace hermes::protocol {

std::uint64_t MemoryModel::rows_max(std::uint64_t budget, std::uint32_t minibatch) const {
  if (budget == 0 || bytes_per_shard_row == 0) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  const std::uint64_t taken = fixed_bytes + bytes_per_minibatch_row * minibatch;
  return taken >= budget ? 0 : (budget - taken) / bytes_per_shard_row;
}

}  // namespace hermes::protocol
