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

// A slice's input and output of a layer stay in a second-level cache until the next layer reads
// them; fewer samples than kSliceMin use weights and vectors badly. Each slice passes over all
// weights and their gradients once more, which costs more than it saves where they are many.
// (Measured: cnn, 128 samples, +10 %; alexnet_s, whose weights are 12 samples' activations, -20 %.)
constexpr std::size_t kSliceFloats = 131072;
constexpr std::size_t kSliceMin = 16;
constexpr std::size_t kSliceMax = 64;  // more gain nothing
constexpr std::size_t kActivationsPerWeight = 3;

/// Samples that go through all layers together.
std::size_t choose_slice(const LayerStack& stack, const WorkspaceLayout& layout,
                         std::size_t batch_max) {
  std::size_t widest = 1;
  std::size_t all = 0;
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    if (stack.layers[i].layer->output_storage() == OutputStorage::View) {
      continue;
    }
    const std::size_t output = layout.activations[i + 1].shape.size();
    widest = std::max(widest, layout.activations[i].shape.size() + output);
    all += output;
  }
  if (kActivationsPerWeight * stack.parameter_count > kSliceMin * all) {
    return batch_max;
  }
  return std::min(batch_max, std::clamp(kSliceFloats / widest, kSliceMin, kSliceMax));
}

}  // namespace

WorkspaceLayout plan_workspace(const LayerStack& stack, std::size_t batch_max) {
  WorkspaceLayout layout;
  place_activations(stack, batch_max, layout);
  const std::size_t slice = choose_slice(stack, layout, batch_max);
  layout.slice_max = slice;
  layout.gradient_floats = floats_with_halo(layout.activations.back().shape, Halo{}, slice);
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    const StackedLayer& stacked = stack.layers[i];
    const Layer& layer = *stacked.layer;
    layout.saved_offsets.push_back(layout.saved_bytes);
    layout.saved_bytes += align_bytes(layer.saved_bytes(batch_max));
    layout.scratch_floats = std::max(layout.scratch_floats, layer.scratch_size(slice));
    if (i > stack.first_trainable && layer.output_storage() == OutputStorage::Own) {
      layout.gradient_floats = std::max(
          layout.gradient_floats, floats_with_halo(stacked.input, layer.input_padding(), slice));
    }
  }
  layout.scratch_floats = align_floats(layout.scratch_floats);
  return layout;
}

}  // namespace hermes::nn
