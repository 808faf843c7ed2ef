#include "direct_convolution.hpp"

#include <algorithm>

#include "../kernels/gemm.hpp"
#include "../kernels/transpose.hpp"
#include "output_gradient.hpp"

namespace hermes::nn {
namespace {

// Blocks of images that fill about so many floats stay in the second-level cache while all parts of
// a product, or all products, read them.
constexpr std::size_t kBlockFloats = 65536;

std::ptrdiff_t stride(std::size_t floats) {
  return static_cast<std::ptrdiff_t>(floats);
}

/// Vectors that begin on a cache line load faster.
std::size_t align(std::size_t floats) {
  return (floats + 15) / 16 * 16;
}

/// The outputs or inputs along one axis that share their remainder modulo the stride, and the
/// kernel taps that connect them: input position `first_input` + i stride gets, for each tap t,
/// output `first_output` + i + t times the tap `first_tap` + t stride of the turned kernel.
struct Phase {
  std::size_t inputs;
  std::size_t first_input;
  std::size_t taps;
  std::size_t first_tap;
  std::size_t first_output;  // counted from the first zero before the outputs
};

/// `before`: zeros before the inputs; `output_zeros`: zeros before the outputs.
Phase find_phase(std::size_t remainder, const ConvolutionGeometry& geometry, std::size_t before,
                 std::size_t extent, std::size_t output_zeros) {
  const std::size_t step = geometry.stride;
  Phase phase{};
  phase.first_input = (remainder + step - before % step) % step;
  phase.inputs = phase.first_input < extent ? (extent - phase.first_input + step - 1) / step : 0;
  phase.taps = remainder < geometry.kernel ? (geometry.kernel - remainder + step - 1) / step : 0;
  if (phase.taps > 0) {
    phase.first_tap = geometry.kernel - 1 - remainder - (phase.taps - 1) * step;
    // Zeros suffice for all taps of the first input.
    phase.first_output = output_zeros + (before + phase.first_input) / step - (phase.taps - 1);
  }
  return phase;
}

}  // namespace

// y[h][w] = bias + sum over kernel rows, and over columns and channels as one contiguous run.
void DirectConvolution::forward(const ConvolutionWeights& weights, ConstTensorView x, TensorView y,
                                bool relu, std::span<float> /*scratch*/) const {
  const ConstTensorView padded = x.grown(geometry_.halo);
  const std::size_t step = geometry_.stride;
  const std::size_t run = geometry_.kernel * x.channels;
  const std::size_t block =
      std::max<std::size_t>(kBlockFloats / (padded.image_stride + y.image_stride), 1);
  Product product;
  product.b = weights.weight;
  product.rows = {Axis{y.width, stride(step * x.channels), stride(y.channels)},
                  Axis{y.height, stride(step * padded.row_stride), stride(y.row_stride)},
                  Axis{0, stride(padded.image_stride), stride(y.image_stride)}};
  product.depth = {Axis{run, 1, stride(y.channels)},
                   Axis{geometry_.kernel, stride(padded.row_stride), stride(run * y.channels)}};
  product.columns = y.channels;
  product.bias = weights.bias;
  product.relu = relu;
  for (std::size_t first = 0; first < x.batch; first += block) {
    product.a = padded.row(first, 0);
    product.c = y.row(first, 0);
    product.rows[2].count = std::min(block, x.batch - first);
    multiply(product);
  }
}

/// Zeros that the input gradient reads around the output gradient.
Halo DirectConvolution::gradient_halo() const {
  const auto reach = [&](std::size_t before, std::size_t extent, std::size_t outputs) {
    const std::size_t last = (before + extent - 1) / geometry_.stride;
    return last + 1 > outputs ? last + 1 - outputs : 0;
  };
  const std::size_t before = (geometry_.kernel - 1) / geometry_.stride;
  return {before, reach(geometry_.halo.top, geometry_.input.height, geometry_.output.height),
          before, reach(geometry_.halo.left, geometry_.input.width, geometry_.output.width)};
}

std::size_t DirectConvolution::images_per_block(std::size_t batch) const {
  const std::size_t image =
      TensorView::with_halo(nullptr, 1, geometry_.output, gradient_halo()).image_stride;
  return std::clamp<std::size_t>(kBlockFloats / image, 1, batch);
}

std::size_t DirectConvolution::scratch_size(std::size_t batch) const {
  const std::size_t image =
      TensorView::with_halo(nullptr, 1, geometry_.output, gradient_halo()).image_stride;
  return align(geometry_.weight_count()) + images_per_block(batch) * image;
}

void DirectConvolution::backward(const ConvolutionWeights& weights, ConstTensorView x,
                                 ConstTensorView y, ConstTensorView dy,
                                 const ConvolutionGradients& gradients, TensorView dx,
                                 std::span<float> scratch) const {
  const Halo halo = dx.empty() ? Halo{} : gradient_halo();
  const std::size_t block = images_per_block(x.batch);
  float* turned = scratch.data();
  float* padded_dy = turned + align(geometry_.weight_count());
  const TensorView whole = TensorView::with_halo(padded_dy, block, geometry_.output, halo);
  const bool copies_dy = !dx.empty() || !y.empty();  // for zeros around it, or in it
  if (!gradients.accumulates) {
    std::fill_n(gradients.weight, geometry_.weight_count(), 0.0F);
    std::fill_n(gradients.bias, geometry_.output.channels, 0.0F);
  }
  if (!dx.empty()) {
    std::fill_n(padded_dy, block * whole.image_stride, 0.0F);
    turn_weights(weights.weight, turned);
  }
  for (std::size_t first = 0; first < x.batch; first += block) {
    const std::size_t count = std::min(block, x.batch - first);
    const ConstTensorView dy_part = dy.images(first, count);
    const TensorView part = copies_dy ? whole.images(0, count) : TensorView{};
    copy_output_gradient(dy_part, y.empty() ? y : y.images(first, count), part, gradients.bias);
    add_weight_gradient(x.images(first, count).grown(geometry_.halo),
                        copies_dy ? ConstTensorView(part) : dy_part, gradients.weight);
    if (!dx.empty()) {
      input_gradient(turned, part.grown(halo), dx.images(first, count));
    }
  }
}

// dW[kernel row][kernel column and channel] = sum over output pixels: rows and depth of the forward
// product change places.
void DirectConvolution::add_weight_gradient(ConstTensorView padded_x, ConstTensorView dy,
                                            float* gradient) const {
  const std::size_t step = geometry_.stride;
  const std::size_t run = geometry_.kernel * padded_x.channels;
  Product product;
  product.a = padded_x.data;
  product.b = dy.data;
  product.c = gradient;
  product.rows = {Axis{run, 1, stride(dy.channels)},
                  Axis{geometry_.kernel, stride(padded_x.row_stride), stride(run * dy.channels)}};
  product.depth = {Axis{dy.width, stride(step * padded_x.channels), stride(dy.channels)},
                   Axis{dy.height, stride(step * padded_x.row_stride), stride(dy.row_stride)},
                   Axis{dy.batch, stride(padded_x.image_stride), stride(dy.image_stride)}};
  product.columns = dy.channels;
  product.accumulate = true;
  multiply(product);
}

/// The kernel turned by 180 degrees, and each tap transposed: row x column x out x in.
void DirectConvolution::turn_weights(const float* weights, float* turned) const {
  const std::size_t taps = geometry_.kernel * geometry_.kernel;
  const std::size_t inputs = geometry_.input.channels;
  const std::size_t outputs = geometry_.output.channels;
  for (std::size_t tap = 0; tap < taps; ++tap) {
    transpose(weights + (taps - 1 - tap) * inputs * outputs, outputs, inputs, outputs,
              turned + tap * inputs * outputs, inputs);
  }
}

// An input pixel gets something from the outputs whose window covers it. With stride s these are
// other taps for each remainder of its position modulo s, so there are s x s products, each a
// convolution of dy with some taps of the turned kernel; with stride 1 it is one.
void DirectConvolution::input_gradient(const float* turned, ConstTensorView dy,
                                       TensorView dx) const {
  const Halo halo = gradient_halo();
  const std::size_t step = geometry_.stride;
  const std::size_t tap = dy.channels * dx.channels;
  const std::size_t tap_row = geometry_.kernel * tap;
  for (std::size_t i = 0; i < step; ++i) {
    const Phase v = find_phase(i, geometry_, geometry_.halo.top, dx.height, halo.top);
    for (std::size_t j = 0; j < step; ++j) {
      const Phase h = find_phase(j, geometry_, geometry_.halo.left, dx.width, halo.left);
      Product product;
      product.a = dy.row(0, v.first_output) + h.first_output * dy.channels;
      product.b = turned + v.first_tap * tap_row + h.first_tap * tap;
      product.c = dx.row(0, v.first_input) + h.first_input * dx.channels;
      product.rows = {Axis{h.inputs, stride(dy.channels), stride(step * dx.channels)},
                      Axis{v.inputs, stride(dy.row_stride), stride(step * dx.row_stride)},
                      Axis{dx.batch, stride(dy.image_stride), stride(dx.image_stride)}};
      product.depth = {Axis{dy.channels, 1, stride(dx.channels)},
                       Axis{h.taps, stride(dy.channels), stride(step * tap)},
                       Axis{v.taps, stride(dy.row_stride), stride(step * tap_row)}};
      product.columns = dx.channels;
      multiply(product);
    }
  }
}

}  // namespace hermes::nn
