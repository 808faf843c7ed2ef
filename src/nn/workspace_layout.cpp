#include "workspace_layout.hpp"

#include <algorithm>

#include "gradient_layout.hpp"

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

/// Activations that are one piece of memory.
struct Pieces {
  std::vector<std::size_t> piece_of;  ///< per activation
  std::vector<Halo> halos;            ///< per piece; suits all who read from it
};

/// Whether a view gives its input another shape: it cannot look through a halo then.
bool reshapes(const StackedLayer& stacked) {
  return stacked.input != stacked.layer->output_shape();
}

Pieces find_pieces(const LayerStack& stack) {
  Pieces pieces{{0}, {Halo{}}};
  // Of activations: others read the same memory; nobody may overwrite it.
  std::vector<bool> is_shared{stack.readers[0] > 1};
  std::vector<bool> is_frozen{true};  // the samples belong to the caller
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    const StackedLayer& stacked = stack.layers[i];
    const OutputStorage storage = stacked.layer->output_storage();
    const bool is_view = storage == OutputStorage::View;
    const bool stays = is_view ? !(reshapes(stacked) && is_shared[stacked.from])
                               : storage == OutputStorage::InPlace && !is_frozen[stacked.from];
    if (!stays) {
      pieces.halos.emplace_back();
    }
    pieces.piece_of.push_back(stays ? pieces.piece_of[stacked.from] : pieces.halos.size() - 1);
    const bool has_readers = stack.readers[i + 1] > 1;
    is_shared.push_back(has_readers || (is_view && stays && is_shared[stacked.from]));
    is_frozen.push_back(has_readers || (is_view && stays ? is_frozen[stacked.from]
                                                         : stacked.layer->backward_needs_output()));
  }
  for (const StackedLayer& stacked : stack.layers) {
    Halo& halo = pieces.halos[pieces.piece_of[stacked.from]];
    halo = larger(halo, stacked.layer->input_padding());
  }
  return pieces;
}

Shape shape_of(const LayerStack& stack, std::size_t activation) {
  return activation == 0 ? stack.layers[0].input
                         : stack.layers[activation - 1].layer->output_shape();
}

void place_activations(const LayerStack& stack, std::size_t batch_max, WorkspaceLayout& layout) {
  const Pieces pieces = find_pieces(stack);
  const auto is_external = [&](std::size_t piece) {
    return piece == 0 && pieces.halos[0] == Halo{};
  };
  std::vector<std::size_t> sizes(pieces.halos.size());
  for (std::size_t i = 0; i < pieces.piece_of.size(); ++i) {
    const std::size_t piece = pieces.piece_of[i];
    const std::size_t floats = floats_with_halo(shape_of(stack, i), pieces.halos[piece], batch_max);
    sizes[piece] = is_external(piece) ? 0 : std::max(sizes[piece], floats);
  }
  std::vector<std::size_t> offsets;
  for (const std::size_t size : sizes) {
    offsets.push_back(layout.activation_floats);
    layout.activation_floats += size;
  }
  for (std::size_t i = 0; i < pieces.piece_of.size(); ++i) {
    const std::size_t piece = pieces.piece_of[i];
    layout.activations.push_back(
        {shape_of(stack, i), pieces.halos[piece], offsets[piece], is_external(piece)});
  }
}

/// Each buffer may hold the gradient of any activation, with the halo that its finder asks for.
std::size_t gradient_floats(const LayerStack& stack, std::size_t batch_max) {
  std::size_t floats = floats_with_halo(shape_of(stack, stack.layers.size()), Halo{}, batch_max);
  for (const StackedLayer& stacked : stack.layers) {
    if (stack.wants_input_gradient(stacked) &&
        stacked.layer->output_storage() != OutputStorage::View) {
      floats = std::max(floats,
                        floats_with_halo(stacked.input, stacked.layer->input_padding(), batch_max));
    }
  }
  return floats;
}

}  // namespace

WorkspaceLayout plan_workspace(const LayerStack& stack, std::size_t batch_max) {
  WorkspaceLayout layout;
  place_activations(stack, batch_max, layout);
  place_gradients(stack, layout);
  layout.gradient_floats = gradient_floats(stack, batch_max);
  for (const StackedLayer& stacked : stack.layers) {
    const Layer& layer = *stacked.layer;
    layout.saved_offsets.push_back(layout.saved_bytes);
    layout.saved_bytes += align_bytes(layer.saved_bytes(batch_max));
    layout.scratch_floats = std::max(layout.scratch_floats, layer.scratch_size(batch_max));
  }
  layout.scratch_floats = align_floats(layout.scratch_floats);
  return layout;
}

}  // namespace hermes::nn
