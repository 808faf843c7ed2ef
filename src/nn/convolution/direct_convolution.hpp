#pragma once

#include "convolution.hpp"

namespace hermes::nn {

/// Convolution by its definition: any kernel, stride and padding. In NHWC the inputs of one kernel
/// row are contiguous, so each of the three products is one call of `multiply` on the images where
/// they are; nothing is gathered into patches.
class DirectConvolution final : public Convolution {
 public:
  explicit DirectConvolution(const ConvolutionGeometry& geometry) : geometry_(geometry) {}

  Halo input_padding() const override { return geometry_.halo; }
  std::size_t scratch_size(std::size_t batch) const override;
  void forward(const ConvolutionWeights& weights, ConstTensorView x, TensorView y, bool relu,
               std::span<float> scratch) const override;
  void backward(const ConvolutionWeights& weights, ConstTensorView x, ConstTensorView y,
                ConstTensorView dy, const ConvolutionGradients& gradients, TensorView dx,
                std::span<float> scratch) const override;

 private:
  Halo gradient_halo() const;
  std::size_t images_per_block(std::size_t batch) const;
  void add_weight_gradient(ConstTensorView padded_x, ConstTensorView dy, float* gradient) const;
  void turn_weights(const float* weights, float* turned) const;
  void input_gradient(const float* turned, ConstTensorView dy, TensorView dx) const;

  ConvolutionGeometry geometry_;
};

}  // namespace hermes::nn
