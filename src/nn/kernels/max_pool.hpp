#pragma once

#include <cstddef>
#include <span>

#include "nn/layers/pool2d_geometry.hpp"

namespace hermes::nn {

/// Bytes that pooling remembers for each output: where in its window the maximum was.
std::size_t max_pool_winner_bytes(const Pool2dGeometry& geometry);

/// y = the largest of each window, or of the window and 0 with `has_relu`. The first of equals
/// wins; a NaN always wins. With ReLU a window without a positive maximum has no winner.
void max_pool_forward(const Pool2dGeometry& geometry, bool has_relu, ConstTensorView x,
                      TensorView y, std::span<std::byte> winners);

/// dx = dy at the winner of each window (summed where windows overlap), 0 elsewhere.
void max_pool_backward(const Pool2dGeometry& geometry, std::span<const std::byte> winners,
                       ConstTensorView dy, TensorView dx);

}  // namespace hermes::nn
