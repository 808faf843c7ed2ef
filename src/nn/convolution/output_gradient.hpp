#pragma once

#include "hermes/nn/tensor_view.hpp"

namespace hermes::nn {

/// Copies dy into `target` (unless that is empty), zero where the ReLU behind it was (`y` not above
/// zero; an empty `y` stands for no ReLU), and adds the sum of each channel to `bias_gradient`.
void copy_output_gradient(ConstTensorView dy, ConstTensorView y, TensorView target,
                          float* bias_gradient);

}  // namespace hermes::nn
