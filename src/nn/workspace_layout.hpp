#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "hermes/nn/tensor_view.hpp"
#include "layer_stack.hpp"

namespace hermes::nn {

/// Where the activations of a network live. Layers that may work in place, and views, share their
/// input's memory.
struct ActivationSlot {
  Shape shape;
  Halo halo;
  std::size_t offset = 0;  ///< in floats, into the activation buffer
  bool external = false;   ///< the caller's samples, read where they are
};

/// Where backward puts the gradient of a layer's input. Where another layer has found a part of it
/// before, the two are added up, in one of their buffers or in a third.
struct GradientStep {
  std::optional<std::size_t> buffer;      ///< none: over that of the output
  std::optional<std::size_t> sum;         ///< where it is added up for `from`
  std::optional<std::size_t> sum_beside;  ///< likewise, for `beside`
};

/// The sizes and places of everything a network needs besides parameters and gradients.
struct WorkspaceLayout {
  std::vector<ActivationSlot> activations;  ///< one more than layers
  std::vector<GradientStep> gradients;      ///< per layer
  std::vector<std::size_t> saved_offsets;   ///< in bytes, per layer
  std::size_t activation_floats = 0;
  std::size_t saved_bytes = 0;
  std::size_t gradient_buffers = 0;
  std::size_t gradient_floats = 0;  ///< of each of them
  std::size_t output_gradient = 0;  ///< the buffer with which backward begins
  std::size_t scratch_floats = 0;
};

WorkspaceLayout plan_workspace(const LayerStack& stack, std::size_t batch_max);

}  // namespace hermes::nn
