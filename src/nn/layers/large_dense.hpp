#pragma once

#include <cstddef>

#include "hermes/nn/tensor_view.hpp"

/// The products of a dense layer so large that a matrix library, which blocks for every cache,
/// beats `multiply`: Eigen's expressions on OpenBLAS's kernels and threads. Weights are inputs x
/// units.
namespace hermes::nn {

bool is_large_dense(std::size_t batch, std::size_t inputs, std::size_t units);

/// y = x W + bias, then max(y, 0) if `relu`.
void large_dense_forward(ConstTensorView x, const float* weights, const float* bias, bool relu,
                         TensorView y);
/// dW = x^T dy, or dW += that; dy is batch x units, contiguous.
void large_dense_weight_gradient(ConstTensorView x, const float* dy, std::size_t units,
                                 bool accumulate, float* gradient);
/// dx = dy W^T.
void large_dense_input_gradient(const float* dy, std::size_t units, const float* weights,
                                TensorView dx);

}  // namespace hermes::nn
