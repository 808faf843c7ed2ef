#include <algorithm>
#include <array>

#include "hermes/core/vector_ops.hpp"
#include "protocol/merge_kernels.hpp"

namespace hermes::protocol {

void blend_statistics(const MergeInput& input, std::span<const float> old,
                      const SharedParameters& pushed, double share, std::span<float> merged) {
  alignas(64) std::array<float, kParameterBlock> room;
  const auto keep = static_cast<float>(1.0 - share);
  const auto take = static_cast<float>(share);
  for (std::size_t begin = merged.size() - input.statistics_count; begin < merged.size();
       begin += kParameterBlock) {
    const std::size_t count = std::min(kParameterBlock, merged.size() - begin);
    blend(keep, old.subspan(begin, count), take, pushed.read(begin, std::span(room).first(count)),
          merged.subspan(begin, count));
  }
}

}  // namespace hermes::protocol
