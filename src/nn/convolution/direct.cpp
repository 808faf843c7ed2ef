#include "direct.hpp"

#include <algorithm>

#include "../kernels/activations.hpp"
#include "../kernels/gemm.hpp"
#include "../kernels/transpose.hpp"
#include "../layers/view_ops.hpp"
#include "hermes/core/assert.hpp"

namespace hermes::nn {
namespace {

// Images whose part of y, or whose padded dy, fills about this many floats stay in a second-level
// cache from the first term of their sums to the last.
constexpr std::size_t kBlockFloats = 32768;

std::ptrdiff_t steps(std::size_t floats) {
  return static_cast<std::ptrdiff_t>(floats);
}

class DirectConvolution final : public Convolution {
 public:
  explicit DirectConvolution(const ConvolutionGeometry& geometry)
      : geometry_(geometry),
        in_(geometry.input.channels),
        out_(geometry.output.channels),
        kernel_row_(geometry.kernel * in_),
        spread_(Shape::image(
            out_, spread_extent(geometry.halo.top, geometry.input.height, geometry.output.height),
            spread_extent(geometry.halo.left, geometry.input.width, geometry.output.width))) {}

  Halo input_padding() const override { return geometry_.halo; }

  std::size_t scratch_size(std::size_t batch) const override {
    return geometry_.weight_count() + images_per_block(batch, spread_) * spread_.size();
  }

  void forward(const ConvolutionWeights& weights, ConstTensorView x, TensorView y, bool relu,
               std::span<float> scratch) const override;
  void backward(const ConvolutionWeights& weights, ConstTensorView x, ConstTensorView y,
                ConstTensorView dy, const ConvolutionGradients& gradients, TensorView dx,
                std::span<float> scratch) const override;

 private:
  // The gradient of an input pixel is a sum over the windows that cover it, which begin up to
  // `kernel - 1` pixels before it. With more padding than that, the first windows cover no pixel.
  std::size_t zeros_before(std::size_t halo) const {
    return std::max(geometry_.kernel - 1, halo) - halo;
  }
  std::size_t windows_before(std::size_t halo) const {
    return std::max(geometry_.kernel - 1, halo) - (geometry_.kernel - 1);
  }
  std::size_t spread_extent(std::size_t halo, std::size_t inputs, std::size_t outputs) const {
    return std::max(windows_before(halo) + inputs + geometry_.kernel - 1,
                    zeros_before(halo) + (outputs - 1) * geometry_.stride + 1);
  }

  static std::size_t images_per_block(std::size_t batch, const Shape& shape) {
    return std::clamp<std::size_t>(kBlockFloats / shape.size(), 1, batch);
  }

  void transpose_weights(const float* weight, float* transposed) const;
  void spread_gradient(ConstTensorView dy, ConstTensorView y, TensorView spread) const;
  TensorView windows_of(TensorView spread) const;
  void parameter_gradients(ConstTensorView padded_x, ConstTensorView dy, std::size_t dy_step,
                           bool accumulate, const ConvolutionGradients& gradients) const;
  void input_gradient(const float* transposed, ConstTensorView spread, TensorView dx) const;

  ConvolutionGeometry geometry_;
  std::size_t in_;
  std::size_t out_;
  std::size_t kernel_row_;  // inputs of an output pixel that are contiguous
  Shape spread_;            // dy with zeros around (and between) its values
};

/// Axes through the pixels of images, `step` pixels apart, and of others beside them.
std::array<Axis, 3> pixel_axes(const ConstTensorView& a, std::size_t step,
                               const ConstTensorView& other, std::size_t other_step,
                               const Shape& pixels) {
  return {Axis{pixels.width, steps(step * a.channels), steps(other_step * other.channels)},
          Axis{pixels.height, steps(step * a.row_stride), steps(other_step * other.row_stride)},
          Axis{a.batch, steps(a.image_stride), steps(other.image_stride)}};
}

void DirectConvolution::forward(const ConvolutionWeights& weights, ConstTensorView x, TensorView y,
                                bool relu, std::span<float> /*scratch*/) const {
  const std::size_t block = images_per_block(x.batch, geometry_.output);
  for (std::size_t first = 0; first < x.batch; first += block) {
    const std::size_t count = std::min(block, x.batch - first);
    const ConstTensorView padded = x.images(first, count).grown(geometry_.halo);
    const TensorView outputs = y.images(first, count);
    Product product;
    product.a = padded.data;
    product.b = weights.weight;
    product.c = outputs.data;
    product.rows = pixel_axes(padded, geometry_.stride, outputs, 1, geometry_.output);
    product.depth = {Axis{kernel_row_, 1, steps(out_)},
                     Axis{geometry_.kernel, steps(padded.row_stride), steps(kernel_row_ * out_)},
                     Axis{}};
    product.columns = out_;
    product.bias = weights.bias;
    product.relu = relu;
    multiply(product);
  }
}

// Kernel row x kernel column x out x in.
void DirectConvolution::transpose_weights(const float* weight, float* transposed) const {
  for (std::size_t tap = 0; tap < geometry_.kernel * geometry_.kernel; ++tap) {
    transpose(weight, in_, out_, transposed);
    weight += in_ * out_;
    transposed += in_ * out_;
  }
}

/// Zeros, and dy where its windows begin; with a fused ReLU only where that let something through.
void DirectConvolution::spread_gradient(ConstTensorView dy, ConstTensorView y,
                                        TensorView spread) const {
  fill_zero(spread);
  const TensorView windows = windows_of(spread);
  const std::size_t run = geometry_.stride == 1 ? dy.row_size() : out_;
  for (std::size_t n = 0; n < dy.batch; ++n) {
    for (std::size_t h = 0; h < dy.height; ++h) {
      float* target = windows.row(n, h * geometry_.stride);
      for (std::size_t i = 0; i < dy.row_size(); i += run, target += geometry_.stride * out_) {
        const std::span<const float> gradient(dy.row(n, h) + i, run);
        if (y.empty()) {
          std::copy(gradient.begin(), gradient.end(), target);
        } else {
          relu_backward({y.row(n, h) + i, run}, gradient, {target, run});
        }
      }
    }
  }
}

/// The first window is the first pixel; the others are `stride` pixels apart.
TensorView DirectConvolution::windows_of(TensorView spread) const {
  spread.data += zeros_before(geometry_.halo.top) * spread.row_stride +
                 zeros_before(geometry_.halo.left) * out_;
  return spread;
}

/// `dy_step`: pixels from one value of dy to the next, along both axes.
void DirectConvolution::parameter_gradients(ConstTensorView padded_x, ConstTensorView dy,
                                            std::size_t dy_step, bool accumulate,
                                            const ConvolutionGradients& gradients) const {
  Product product;
  product.a = padded_x.data;
  product.b = dy.data;
  product.c = gradients.weight;
  product.rows = {Axis{kernel_row_, 1, steps(out_)},
                  Axis{geometry_.kernel, steps(padded_x.row_stride), steps(kernel_row_ * out_)},
                  Axis{}};
  product.depth = pixel_axes(padded_x, geometry_.stride, dy, dy_step, geometry_.output);
  product.columns = out_;
  product.accumulate = accumulate;
  multiply(product);

  constexpr float kOne = 1.0F;
  product.a = &kOne;
  product.c = gradients.bias;
  product.rows = {};
  for (Axis& axis : product.depth) {
    axis.a = 0;
  }
  multiply(product);
}

void DirectConvolution::input_gradient(const float* transposed, ConstTensorView spread,
                                       TensorView dx) const {
  const std::size_t kernel = geometry_.kernel;
  const std::size_t tap = in_ * out_;
  Product product;
  product.a = spread.data + windows_before(geometry_.halo.top) * spread.row_stride +
              windows_before(geometry_.halo.left) * out_;
  product.b = transposed + (kernel * kernel - 1) * tap;  // the kernel from its end
  product.c = dx.data;
  product.rows = pixel_axes(spread, 1, dx, 1, geometry_.input);
  product.depth = {Axis{out_, 1, steps(in_)}, Axis{kernel, steps(out_), -steps(tap)},
                   Axis{kernel, steps(spread.row_stride), -steps(kernel * tap)}};
  product.columns = in_;
  multiply(product);
}

void DirectConvolution::backward(const ConvolutionWeights& weights, ConstTensorView x,
                                 ConstTensorView y, ConstTensorView dy,
                                 const ConvolutionGradients& gradients, TensorView dx,
                                 std::span<float> scratch) const {
  HERMES_ASSERT(scratch.size() >= scratch_size(x.batch), "direct convolution: scratch too small");
  float* transposed = scratch.data();
  if (!dx.empty()) {
    transpose_weights(weights.weight, transposed);
  }
  const std::size_t block = images_per_block(x.batch, spread_);
  for (std::size_t first = 0; first < x.batch; first += block) {
    const std::size_t count = std::min(block, x.batch - first);
    const ConstTensorView padded_x = x.images(first, count).grown(geometry_.halo);
    const ConstTensorView outer = dy.images(first, count);
    if (dx.empty() && y.empty()) {
      parameter_gradients(padded_x, outer, 1, first > 0, gradients);
      continue;
    }
    const TensorView spread =
        TensorView::contiguous(transposed + geometry_.weight_count(), count, spread_);
    spread_gradient(outer, y.empty() ? y : y.images(first, count), spread);
    parameter_gradients(padded_x, windows_of(spread), geometry_.stride, first > 0, gradients);
    if (!dx.empty()) {
      input_gradient(transposed, spread, dx.images(first, count));
    }
  }
}

}  // namespace

std::unique_ptr<Convolution> make_direct_convolution(const ConvolutionGeometry& geometry) {
  return std::make_unique<DirectConvolution>(geometry);
}

}  // namespace hermes::nn
