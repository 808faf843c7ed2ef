#pragma once

#include <cstdint>
#include <vector>

#include "nn/convolution/convolution.hpp"

namespace hermes::nn::testing {

/// Square kernels on `input`; the output has the size that follows.
ConvolutionGeometry convolution_of(const Shape& input, std::size_t filters, std::size_t kernel,
                                   const Halo& halo, std::size_t stride = 1);
/// The same with outputs as large as inputs: side x side, an odd kernel.
ConvolutionGeometry same_convolution(std::size_t in, std::size_t side, std::size_t out,
                                     std::size_t kernel);

/// f(value) for each value of the view.
template <class F>
void for_each_value(const TensorView& view, const F& f) {
  for (std::size_t n = 0; n < view.batch; ++n) {
    for (std::size_t h = 0; h < view.height; ++h) {
      for (std::size_t i = 0; i < view.row_size(); ++i) {
        f(view.row(n, h)[i]);
      }
    }
  }
}

/// One convolution with random weights, inputs and output gradients, for any algorithm. What must
/// not be read is NaN, what must not be written has a sentinel around it.
struct ConvolutionProblem {
  ConvolutionProblem(const ConvolutionGeometry& geometry, std::size_t batch, std::uint64_t seed);

  TensorView x();
  TensorView y();
  TensorView dy();
  TensorView dx();

  /// Forward and backward; with `fused`, of a convolution that ends in a ReLU. Scratch is full of
  /// `garbage` before both.
  void run(const Convolution& convolution, bool fused, bool wants_dx, float garbage);
  void run(const Convolution& convolution, bool fused);
  /// The same as a fused one, with a ReLU of its own.
  void run_with_relu_behind(const Convolution& convolution);

  /// y, dx and the gradients of weights and biases.
  std::vector<std::vector<float>> results();
  /// Those by the definition of a convolution and of its gradients, without ReLU.
  std::vector<std::vector<double>> expected_results();
  /// Expects that nothing beside the interior of y was written.
  void expect_halo_untouched();

  ConvolutionGeometry geometry;
  std::size_t batch;
  std::vector<float> weight, bias;
  std::vector<float> x_buffer, y_buffer, dy_buffer, dx_buffer;
  std::vector<float> weight_gradient, bias_gradient;
};

/// Errors are measured against the largest element of each tensor.
void expect_close(const std::vector<std::vector<float>>& actual,
                  const std::vector<std::vector<double>>& expected, double tolerance);

}  // namespace hermes::nn::testing
