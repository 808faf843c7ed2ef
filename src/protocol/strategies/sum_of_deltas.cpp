#include <algorithm>

#include "hermes/core/vector_ops.hpp"
#include "hermes/protocol/strategies/merge_rules.hpp"

namespace hermes::protocol {

void SumOfDeltas::merge(const MergeInput& input, std::span<float> merged) {
  const auto rate = static_cast<float>(learning_rate_);
  blend(1.0F, input.global, rate, input.updates.front().payload.values(), merged);
  for (const Update& update : input.updates.subspan(1)) {
    axpy(rate, update.payload.values(), merged);
  }
}

}  // namespace hermes::protocol
