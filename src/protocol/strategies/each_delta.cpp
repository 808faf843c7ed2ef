#include <algorithm>
#include <array>

#include "hermes/protocol/strategies/merge_rules.hpp"
#include "protocol/merge_kernels.hpp"

namespace hermes::protocol {

void EachDelta::merge(const MergeInput& input, std::span<float> merged) {
  std::array<float, kParameterBlock> room;
  std::array<double, kParameterBlock> delta;
  std::span<const float> model = input.global;
  for (const Update& update : input.updates) {
    optimizer_.begin(merged.size());
    for (std::size_t begin = 0; begin < merged.size(); begin += kParameterBlock) {
      const std::size_t count = std::min(kParameterBlock, merged.size() - begin);
      const std::span<double> wide = std::span(delta).first(count);
      scale(1.0, update.payload.read(begin, std::span(room).first(count)), wide);
      optimizer_.advance(begin, wide, model.subspan(begin, count), merged.subspan(begin, count));
    }
    model = merged;
  }
}

}  // namespace hermes::protocol
