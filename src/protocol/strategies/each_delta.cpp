#include <algorithm>
#include <array>

#include "hermes/protocol/strategies/merge_rules.hpp"

namespace hermes::protocol {

void EachDelta::merge(const MergeInput& input, std::span<float> merged) {
  constexpr std::size_t kBlock = 1024;
  std::array<double, kBlock> delta{};
  std::span<const float> model = input.global;
  for (const Update& update : input.updates) {
    optimizer_.begin(merged.size());
    for (std::size_t begin = 0; begin < merged.size(); begin += kBlock) {
      const std::size_t count = std::min(kBlock, merged.size() - begin);
      const std::span<const float> values = update.payload.values().subspan(begin, count);
      std::copy(values.begin(), values.end(), delta.begin());
      optimizer_.advance(begin, std::span(delta).first(count), model.subspan(begin, count),
                         merged.subspan(begin, count));
    }
    model = merged;
  }
}

}  // namespace hermes::protocol
