#pragma once

#include "layer_stack.hpp"

namespace hermes::nn {

/// Replaces each ReLU whose work a layer beside it can do by a view. Requires: `readers` are known.
void absorb_relus(LayerStack& stack);

}  // namespace hermes::nn
