#include "patch_convolution.hpp"

#include <algorithm>

#include "../kernels/gemm.hpp"
#include "hermes/core/assert.hpp"
#include "output_gradient.hpp"

namespace hermes::nn {
namespace {

// Half of a first-level cache.
constexpr std::size_t kPatchFloats = 4096;

std::ptrdiff_t stride(std::size_t floats) {
  return static_cast<std::ptrdiff_t>(floats);
}

}  // namespace

PatchConvolution::PatchConvolution(const ConvolutionGeometry& geometry)
    : geometry_(geometry),
      direct_(geometry),
      taps_(geometry.kernel * geometry.kernel),
      rows_per_block_(std::clamp<std::size_t>(kPatchFloats / (taps_ * geometry.output.width), 1,
                                              geometry.output.height)) {
  HERMES_ASSERT(geometry.input.channels == 1, "patch convolution: more than one channel");
}

std::size_t PatchConvolution::scratch_size(std::size_t batch) const {
  const std::size_t pixels = rows_per_block_ * geometry_.output.width;
  return std::max(pixels * (taps_ + geometry_.output.channels), direct_.scratch_size(batch));
}

/// patches[tap][output pixel], for some rows of outputs.
void PatchConvolution::gather(ConstTensorView padded, std::size_t image, std::size_t first_row,
                              std::size_t rows, float* patches) const {
  const std::size_t width = geometry_.output.width;
  for (std::size_t tap = 0; tap < taps_; ++tap) {
    for (std::size_t row = first_row; row < first_row + rows; ++row) {
      const float* source = padded.row(image, row * geometry_.stride + tap / geometry_.kernel) +
                            tap % geometry_.kernel;
      if (geometry_.stride == 1) {
        std::copy_n(source, width, patches);
      } else {
        for (std::size_t i = 0; i < width; ++i) {
          patches[i] = source[i * geometry_.stride];
        }
      }
      patches += width;
    }
  }
}

void PatchConvolution::forward(const ConvolutionWeights& weights, ConstTensorView x, TensorView y,
                               bool relu, std::span<float> scratch) const {
  const ConstTensorView padded = x.grown(geometry_.halo);
  for (std::size_t n = 0; n < x.batch; ++n) {
    for (std::size_t first = 0; first < y.height; first += rows_per_block_) {
      const std::size_t rows = std::min(rows_per_block_, y.height - first);
      gather(padded, n, first, rows, scratch.data());
      Product product;
      product.a = scratch.data();
      product.b = weights.weight;
      product.c = y.row(n, first);
      product.rows = {Axis{y.width, 1, stride(y.channels)},
                      Axis{rows, stride(y.width), stride(y.row_stride)}};
      product.depth[0] = {taps_, stride(rows * y.width), stride(y.channels)};
      product.columns = y.channels;
      product.bias = weights.bias;
      product.relu = relu;
      multiply(product);
    }
  }
}

void PatchConvolution::backward(const ConvolutionWeights& weights, ConstTensorView x,
                                ConstTensorView y, ConstTensorView dy,
                                const ConvolutionGradients& gradients, TensorView dx,
                                std::span<float> scratch) const {
  if (!dx.empty()) {
    direct_.backward(weights, x, y, dy, gradients, dx, scratch);
    return;
  }
  const ConstTensorView padded = x.grown(geometry_.halo);
  const std::size_t filters = geometry_.output.channels;
  float* patches = scratch.data();
  float* masked_dy = patches + rows_per_block_ * geometry_.output.width * taps_;
  std::fill_n(gradients.weight, taps_ * filters, 0.0F);
  std::fill_n(gradients.bias, filters, 0.0F);
  for (std::size_t n = 0; n < x.batch; ++n) {
    for (std::size_t first = 0; first < dy.height; first += rows_per_block_) {
      const std::size_t rows = std::min(rows_per_block_, dy.height - first);
      const std::size_t pixels = rows * dy.width;
      const TensorView part =
          TensorView::contiguous(masked_dy, 1, Shape::image(filters, rows, geometry_.output.width));
      copy_output_gradient(dy.rows_of(n, first, rows), y.empty() ? y : y.rows_of(n, first, rows),
                           part, gradients.bias);
      gather(padded, n, first, rows, patches);
      Product product;
      product.a = patches;
      product.b = masked_dy;
      product.c = gradients.weight;
      product.rows[0] = {taps_, stride(pixels), stride(filters)};
      product.depth[0] = {pixels, 1, stride(filters)};
      product.columns = filters;
      product.accumulate = true;
      multiply(product);
    }
  }
}

}  // namespace hermes::nn
