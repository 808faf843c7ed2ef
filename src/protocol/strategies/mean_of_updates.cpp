#include <algorithm>
#include <array>
#include <utility>

#include "hermes/core/assert.hpp"
#include "hermes/protocol/strategies/merge_rules.hpp"
#include "protocol/merge_kernels.hpp"

namespace hermes::protocol {

void MeanOfUpdates::merge(const MergeInput& input, std::span<float> merged) {
  double samples = 0.0;
  for (const Update& update : input.updates) {
    HERMES_ASSERT(update.samples > 0, "merge: an update without samples");
    samples += static_cast<double>(update.samples);
  }
  optimizer_.begin(merged.size());
  const bool is_model = payload_ == PayloadKind::Parameters;
  std::array<float, kParameterBlock> room;
  std::array<double, kParameterBlock> sums;
  for (std::size_t begin = 0; begin < merged.size(); begin += kParameterBlock) {
    const std::size_t count = std::min(kParameterBlock, merged.size() - begin);
    const std::span<double> mean = std::span(sums).first(count);
    bool is_first = true;  // starting from zero would lose the sign of a lone -0.0
    for (const Update& update : input.updates) {
      const std::span<const float> values =
          update.payload.read(begin, std::span(room).first(count));
      const double weight = static_cast<double>(update.samples) / samples;
      (std::exchange(is_first, false) ? scale : add_scaled)(weight, values, mean);
    }
    const std::span<const float> global = input.global.subspan(begin, count);
    const std::span<float> out = merged.subspan(begin, count);
    if (is_model && optimizer_.is_plain()) {
      round_to(mean, out);
      continue;
    }
    if (is_model) {
      add_scaled(-1.0, global, mean);
    }
    optimizer_.advance(begin, mean, global, out);
  }
}

}  // namespace hermes::protocol
