#include "workspace_layout.hpp"

#include <algorithm>

namespace hermes::nn {
namespace {

// Every piece starts on a cache line.
constexpr std::size_t kAlignmentBytes = 64;

std::size_t align_floats(std::size_t count) {
  constexpr std::size_t kLine = kAlignmentBytes / sizeof(float);
  return (count + kLine - 1) / kLine * kLine;
}

std::size_t align_bytes(std::size_t count) {
  return (count + kAlignmentBytes - 1) / kAlignmentBytes * kAlignmentBytes;
}

std::size_t floats_with_halo(const Shape& shape, const Halo& halo, std::size_t batch) {
  return align_floats(batch * ConstTensorView::with_halo(nullptr, 1, shape, halo).image_stride);
}

Halo larger(const Halo& a, const Halo& b) {
  return {std::max(a.top, b.top), std::max(a.bottom, b.bottom), std::max(a.left, b.left),
          std::max(a.right, b.right)};
}

/// For each layer: whether its output stays in its input's memory.
std::vector<bool> find_sharing_layers(const LayerStack& stack) {
  std::vector<bool> shares;
  bool frozen = true;  // the samples belong to the caller
  for (const StackedLayer& stacked : stack.layers) {
    const OutputStorage storage = stacked.layer->output_storage();
    const bool in_place = storage == OutputStorage::InPlace && !frozen;
    shares.push_back(in_place || storage == OutputStorage::View);
    if (storage != OutputStorage::View) {
      frozen = stacked.layer->backward_needs_output();
    }
  }
  return shares;
}

void place_activations(const LayerStack& stack, std::size_t batch_max, WorkspaceLayout& layout) {
  const std::vector<bool> shares = find_sharing_layers(stack);
  const std::size_t layer_count = stack.layers.size();
  std::size_t first = 0;
  while (first <= layer_count) {
    // Activations first..last are one piece of memory; its halo must suit all who read from it.
    std::size_t last = first;
    Halo halo;
    for (; last < layer_count; ++last) {
      halo = larger(halo, stack.layers[last].layer->input_padding());
      if (!shares[last]) {
        break;
      }
    }
    const bool external = first == 0 && halo == Halo{};
    std::size_t floats = 0;
    for (std::size_t i = first; i <= last; ++i) {
      const Shape shape =
          i == 0 ? stack.layers[0].input : stack.layers[i - 1].layer->output_shape();
      layout.activations.push_back({shape, halo, layout.activation_floats, external});
      floats = std::max(floats, floats_with_halo(shape, halo, batch_max));
    }
    layout.activation_floats += external ? 0 : floats;
    first = last + 1;
  }
}

}  // namespace

WorkspaceLayout plan_workspace(const LayerStack& stack, std::size_t batch_max) {
  WorkspaceLayout layout;
  place_activations(stack, batch_max, layout);
  layout.gradient_floats = floats_with_halo(layout.activations.back().shape, Halo{}, batch_max);
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    const StackedLayer& stacked = stack.layers[i];
    const Layer& layer = *stacked.layer;
    layout.saved_offsets.push_back(layout.saved_bytes);
    layout.saved_bytes += align_bytes(layer.saved_bytes(batch_max));
    layout.scratch_floats = std::max(layout.scratch_floats, layer.scratch_size(batch_max));
    if (i > stack.first_trainable && layer.output_storage() == OutputStorage::Own) {
      layout.gradient_floats =
          std::max(layout.gradient_floats,
                   floats_with_halo(stacked.input, layer.input_padding(), batch_max));
    }
  }
  layout.scratch_floats = align_floats(layout.scratch_floats);
  return layout;
}

}  // namespace hermes::nn
