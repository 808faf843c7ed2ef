#include <algorithm>
#include <array>

#include "hermes/protocol/strategies/merge_rules.hpp"
#include "protocol/merge_kernels.hpp"

namespace hermes::protocol {

void EachDelta::merge(const MergeInput& input, std::span<float> merged) {
  alignas(64) std::array<float, kParameterBlock> room;
  alignas(64) std::array<double, kParameterBlock> wide;
  std::span<const float> model = input.global;
  const std::size_t trained = merged.size() - input.statistics_count;
  for (const Update& update : input.updates) {
    optimizer_.begin(trained);
    for (std::size_t begin = 0; begin < trained; begin += kParameterBlock) {
      const std::size_t count = std::min(kParameterBlock, trained - begin);
      const std::span<const float> delta = update.payload.read(begin, std::span(room).first(count));
      const std::span<const float> from = model.subspan(begin, count);
      const std::span<float> out = merged.subspan(begin, count);
      if (optimizer_.is_plain()) {
        add(from, delta, out);
      } else {
        std::copy(delta.begin(), delta.end(), wide.begin());
        optimizer_.advance(begin, std::span(wide).first(count), from, out);
      }
    }
    blend_statistics(input, model, update.payload, 1.0 / input.live_workers, merged);
    model = merged;
  }
}

void EachDelta::save(StateWriter& state) const {
  optimizer_.save(state);
}

void EachDelta::load(StateReader& state) {
  optimizer_.load(state);
}

}  // namespace hermes::protocol
