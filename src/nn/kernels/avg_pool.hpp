#pragma once

#include "nn/layers/pool2d_geometry.hpp"

namespace hermes::nn {

/// y = the mean of each window.
void avg_pool_forward(const Pool2dGeometry& geometry, ConstTensorView x, TensorView y);
/// dx = each pixel's equal share of dy, summed over the windows that it is in.
void avg_pool_backward(const Pool2dGeometry& geometry, ConstTensorView dy, TensorView dx);

}  // namespace hermes::nn
