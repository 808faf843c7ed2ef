#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "hermes/nn/tensor_view.hpp"

namespace hermes::nn {

/// What a convolution is, apart from its weights: square kernels, one stride for both axes.
struct ConvolutionGeometry {
  Shape input;
  Shape output;
  std::size_t kernel;
  std::size_t stride;
  Halo halo;  ///< the zeros around the input that the definition asks for

  std::size_t weight_count() const { return kernel * kernel * input.channels * output.channels; }
};

/// Kernel row x kernel column x in x out, and one bias per output channel.
struct ConvolutionWeights {
  const float* weight;
  const float* bias;
};

struct ConvolutionGradients {
  float* weight;
  float* bias;
  bool accumulates = false;  ///< added to what is there
};

/// An algorithm for the three products of a convolution layer. Stateless between calls; the views
/// obey the halo rule of Layer, with the halo that the algorithm asks for.
class Convolution {
 public:
  virtual ~Convolution() = default;

  /// Zeros that must lie around each image of `x`; at least the geometry's halo.
  virtual Halo input_padding() const = 0;
  /// Floats that either call may use in `scratch`.
  virtual std::size_t scratch_size(std::size_t batch) const = 0;

  /// y = weights * x + bias, then max(y, 0) if `relu`.
  virtual void forward(const ConvolutionWeights& weights, ConstTensorView x, TensorView y,
                       bool relu, std::span<float> scratch) const = 0;
  /// Computes the gradients and, unless it is empty, dx. With a fused ReLU `y` is the output of
  /// forward, and dy counts only where y > 0; otherwise `y` is empty.
  virtual void backward(const ConvolutionWeights& weights, ConstTensorView x, ConstTensorView y,
                        ConstTensorView dy, const ConvolutionGradients& gradients, TensorView dx,
                        std::span<float> scratch) const = 0;
};

/// The fastest algorithm for this geometry.
std::unique_ptr<Convolution> make_convolution(const ConvolutionGeometry& geometry);

}  // namespace hermes::nn
