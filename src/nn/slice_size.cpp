#include "slice_size.hpp"

#include <algorithm>
#include <limits>

namespace hermes::nn {
namespace {

// What a layer reads and writes of a slice stays in a second-level cache until the next layer needs
// it; fewer samples than kSliceMin use weights and vectors badly. Each slice passes over all
// weights and their gradients once more, which costs more than it saves where they are many.
// (Measured with 128 samples: cnn, whose weights are 5 samples' activations, +20 %; alexnet_s, 12
// samples', -20 %.)
constexpr std::size_t kSliceFloats = 131072;
constexpr std::size_t kSliceMin = 16;
constexpr std::size_t kSliceMax = 64;  // more gain nothing
constexpr std::size_t kActivationsPerWeight = 3;

}  // namespace

std::size_t choose_slice_size(const LayerStack& stack) {
  const auto ties_samples = [](const StackedLayer& stacked) {
    return stacked.layer->ties_samples();
  };
  if (std::ranges::any_of(stack.layers, ties_samples)) {
    return std::numeric_limits<std::size_t>::max();
  }
  std::size_t widest = 1;
  std::size_t all = 0;
  for (const StackedLayer& stacked : stack.layers) {
    if (stacked.layer->output_storage() != OutputStorage::View) {
      const std::size_t output = stacked.layer->output_shape().size();
      widest = std::max(widest, stacked.input.size() + output);
      all += output;
    }
  }
  if (kActivationsPerWeight * stack.parameter_count > kSliceMin * all) {
    return std::numeric_limits<std::size_t>::max();
  }
  return std::clamp(kSliceFloats / widest, kSliceMin, kSliceMax);
}

}  // namespace hermes::nn
