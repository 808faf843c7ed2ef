#pragma once

#include <cstddef>

#include "layer_stack.hpp"

namespace hermes::nn {

/// Samples of a mini-batch that should go through a network together, forward and backward, before
/// the next ones do; see Network::slice_size.
std::size_t choose_slice_size(const LayerStack& stack);

}  // namespace hermes::nn
