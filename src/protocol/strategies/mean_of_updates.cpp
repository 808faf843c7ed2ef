#include <algorithm>
#include <array>

#include "hermes/core/assert.hpp"
#include "hermes/protocol/strategies/merge_rules.hpp"

namespace hermes::protocol {

void MeanOfUpdates::merge(const MergeInput& input, std::span<float> merged) {
  double samples = 0.0;
  for (const Update& update : input.updates) {
    HERMES_ASSERT(update.samples > 0, "merge: an update without samples");
    samples += static_cast<double>(update.samples);
  }
  optimizer_.begin(merged.size());
  const bool is_model = payload_ == PayloadKind::Parameters;
  // Blocks keep the double-precision sums in the first-level cache.
  constexpr std::size_t kBlock = 1024;
  std::array<double, kBlock> means{};
  for (std::size_t begin = 0; begin < merged.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, merged.size() - begin);
    std::fill_n(means.begin(), count, -0.0);  // + 0.0 would lose the sign of a lone -0.0
    for (const Update& update : input.updates) {
      const float* values = update.payload.values().data() + begin;
      const auto weight = static_cast<double>(update.samples);
      for (std::size_t i = 0; i < count; ++i) {
        means[i] += weight * static_cast<double>(values[i]);
      }
    }
    const std::span<const float> global = input.global.subspan(begin, count);
    const std::span<float> out = merged.subspan(begin, count);
    for (std::size_t i = 0; i < count; ++i) {
      means[i] /= samples;
    }
    if (is_model && optimizer_.is_plain()) {
      std::transform(means.begin(), means.begin() + count, out.begin(),
                     [](double mean) { return static_cast<float>(mean); });
      continue;
    }
    if (is_model) {
      for (std::size_t i = 0; i < count; ++i) {
        means[i] -= static_cast<double>(global[i]);
      }
    }
    optimizer_.advance(begin, std::span(means).first(count), global, out);
  }
}

}  // namespace hermes::protocol
