#include <algorithm>
#include <array>

#include "hermes/core/assert.hpp"
#include "hermes/protocol/strategies/merge_rules.hpp"

namespace hermes::protocol {

void MeanOfModels::merge(const MergeInput& input, std::span<float> merged) {
  double samples = 0.0;
  for (const Update& update : input.updates) {
    HERMES_ASSERT(update.samples > 0, "merge: an update without samples");
    samples += static_cast<double>(update.samples);
  }
  // Blocks keep the double-precision sums in the first-level cache.
  constexpr std::size_t kBlock = 1024;
  std::array<double, kBlock> sums{};
  for (std::size_t begin = 0; begin < merged.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, merged.size() - begin);
    std::fill_n(sums.begin(), count, -0.0);  // + 0.0 would lose the sign of a lone -0.0
    for (const Update& update : input.updates) {
      const float* model = update.payload.values().data() + begin;
      const auto weight = static_cast<double>(update.samples);
      for (std::size_t i = 0; i < count; ++i) {
        sums[i] += weight * static_cast<double>(model[i]);
      }
    }
    const float* global = input.global.data() + begin;
    for (std::size_t i = 0; i < count; ++i) {
      const double mean = sums[i] / samples;
      const auto old = static_cast<double>(global[i]);
      merged[begin + i] =
          static_cast<float>(learning_rate_ == 1.0 ? mean : old + learning_rate_ * (mean - old));
    }
  }
}

}  // namespace hermes::protocol
