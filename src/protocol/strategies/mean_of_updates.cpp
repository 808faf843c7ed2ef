#include <algorithm>
#include <array>

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
  const bool is_plain_mean = is_model && optimizer_.is_plain();
  rooms_.resize(std::max(rooms_.size(), input.updates.size() * kParameterBlock));
  alignas(64) std::array<double, kParameterBlock> sums;
  for (std::size_t begin = 0; begin < merged.size(); begin += kParameterBlock) {
    const std::size_t count = std::min(kParameterBlock, merged.size() - begin);
    terms_.clear();
    for (std::size_t k = 0; k < input.updates.size(); ++k) {
      const Update& update = input.updates[k];
      const std::span<float> room = std::span(rooms_).subspan(k * kParameterBlock, count);
      terms_.push_back(
          {static_cast<double>(update.samples) / samples, update.payload.read(begin, room).data()});
    }
    const std::span<const float> global = input.global.subspan(begin, count);
    const std::span<float> out = merged.subspan(begin, count);
    if (is_plain_mean) {
      weighted_sum(terms_, out);
      continue;
    }
    if (is_model) {
      terms_.push_back({-1.0, global.data()});
    }
    const std::span<double> mean = std::span(sums).first(count);
    weighted_sum(terms_, mean);
    optimizer_.advance(begin, mean, global, out);
  }
}

void MeanOfUpdates::save(StateWriter& state) const {
  optimizer_.save(state);
}

void MeanOfUpdates::load(StateReader& state) {
  optimizer_.load(state);
}

}  // namespace hermes::protocol
