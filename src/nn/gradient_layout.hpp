#pragma once

#include "workspace_layout.hpp"

namespace hermes::nn {

/// Finds buffers for the gradients of activations: as few as the order of backward allows, two for
/// a chain, one more in a residual block. Sets `gradients`, `gradient_buffers`, `output_gradient`.
void place_gradients(const LayerStack& stack, WorkspaceLayout& layout);

}  // namespace hermes::nn
