#pragma once

#include <cstddef>
#include <vector>

#include "hermes/nn/tensor_view.hpp"
#include "layer_stack.hpp"

namespace hermes::nn {

/// Where the activations of a network live: activation i is the input of layer i, the last one is
/// the network's output. Layers that may work in place, and views, share their input's memory.
struct ActivationSlot {
  Shape shape;
  Halo halo;
  std::size_t offset = 0;  ///< in floats, into the activation buffer
  bool external = false;   ///< the caller's samples, read where they are
};

/// The sizes and places of everything a network needs besides parameters and gradients.
struct WorkspaceLayout {
  std::vector<ActivationSlot> activations;  ///< one more than layers
  std::vector<std::size_t> saved_offsets;   ///< in bytes, per layer
  std::size_t activation_floats = 0;
  std::size_t saved_bytes = 0;
  std::size_t gradient_floats = 0;  ///< of each of the two buffers that backward alternates
  std::size_t scratch_floats = 0;
};

WorkspaceLayout plan_workspace(const LayerStack& stack, std::size_t batch_max);

}  // namespace hermes::nn
