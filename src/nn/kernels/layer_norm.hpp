#pragma once

#include <cstddef>

#include "hermes/nn/tensor_view.hpp"

/// Layer normalisation of one sample at a time: y = (x - mean) inverse weight + bias, where
/// `inverse` is that of the deviation. Views have the same extents; weights and their gradients are
/// in the order of a contiguous sample.
namespace hermes::nn {

struct SampleMoments {
  float mean;
  float inverse;
};

SampleMoments layer_norm_forward(ConstTensorView x, const float* weight, const float* bias,
                                 double epsilon, TensorView y);

/// Adds to the gradients; an empty `dx` is left out.
void layer_norm_backward(const SampleMoments& moments, ConstTensorView x, const float* weight,
                         ConstTensorView dy, float* weight_gradient, float* bias_gradient,
                         TensorView dx);

}  // namespace hermes::nn
