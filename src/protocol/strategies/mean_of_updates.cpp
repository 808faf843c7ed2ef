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
  const std::size_t trained = merged.size() - input.statistics_count;
  optimizer_.begin(trained);
  const bool is_model = payload_ == PayloadKind::Parameters;
  const bool is_plain_mean = is_model && optimizer_.is_plain();
  rooms_.resize(std::max(rooms_.size(), input.updates.size() * kParameterBlock));
  alignas(64) std::array<double, kParameterBlock> sums;
  for (std::size_t begin = 0; begin < trained; begin += kParameterBlock) {
    const std::size_t count = std::min(kParameterBlock, trained - begin);
    find_terms(input.updates, samples, begin, count);
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
  for (std::size_t begin = trained; begin < merged.size(); begin += kParameterBlock) {
    const std::size_t count = std::min(kParameterBlock, merged.size() - begin);
    find_terms(input.updates, samples, begin, count);
    weighted_sum(terms_, merged.subspan(begin, count));
  }
}

void MeanOfUpdates::find_terms(std::span<const Update> updates, double samples, std::size_t begin,
                               std::size_t count) {
  terms_.clear();
  for (std::size_t k = 0; k < updates.size(); ++k) {
    const std::span<float> room = std::span(rooms_).subspan(k * kParameterBlock, count);
    terms_.push_back({static_cast<double>(updates[k].samples) / samples,
                      updates[k].payload.read(begin, room).data()});
  }
}

void MeanOfUpdates::save(StateWriter& state) const {
  optimizer_.save(state);
}

void MeanOfUpdates::load(StateReader& state) {
  optimizer_.load(state);
}

}  // namespace hermes::protocol
