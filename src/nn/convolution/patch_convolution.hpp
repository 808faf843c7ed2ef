#pragma once

#include "direct_convolution.hpp"

namespace hermes::nn {

/// Convolution of images with one channel, which the first layer of a network often sees. There
/// the runs of DirectConvolution are only as long as the kernel is wide; but the values that a tap
/// meets along a row of outputs are contiguous, so gathering them (a matrix of kernel taps x output
/// pixels, a few rows of an image at a time in the first-level cache) is cheap.
class PatchConvolution final : public Convolution {
 public:
  /// Requires: one input channel.
  explicit PatchConvolution(const ConvolutionGeometry& geometry);

  Halo input_padding() const override { return geometry_.halo; }
  std::size_t scratch_size(std::size_t batch) const override;
  void forward(const ConvolutionWeights& weights, ConstTensorView x, TensorView y, bool relu,
               std::span<float> scratch) const override;
  void backward(const ConvolutionWeights& weights, ConstTensorView x, ConstTensorView y,
                ConstTensorView dy, const ConvolutionGradients& gradients, TensorView dx,
                std::span<float> scratch) const override;

 private:
  void gather(ConstTensorView padded, std::size_t image, std::size_t first_row, std::size_t rows,
              float* patches) const;

  ConvolutionGeometry geometry_;
  DirectConvolution direct_;  // for the input gradient
  std::size_t taps_;
  std::size_t rows_per_block_;  // of outputs
};

}  // namespace hermes::nn
