#include "hermes/nn/layers/conv2d.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "../gemm.hpp"
#include "../spec_check.hpp"
#include "hermes/core/error.hpp"
#include "view_ops.hpp"

namespace hermes::nn {
namespace {

// A block of images whose patches fill about this many floats stays in the second-level cache.
constexpr std::size_t kPatchFloatsTarget = 65536;
constexpr std::size_t kKernelMax = 1024;

struct Conv2dGeometry {
  Shape input;
  Shape output;
  std::size_t kernel;
  std::size_t stride;
  Halo halo;
};

/// Convolution as a matrix product: the kernel-sized patches of a few images become the rows of a
/// matrix (one row per output pixel), which is multiplied by the weights.
class Conv2d final : public Layer {
 public:
  explicit Conv2d(const Conv2dGeometry& geometry)
      : geometry_(geometry),
        pixels_(geometry.output.height * geometry.output.width),
        patch_(geometry.kernel * geometry.kernel * geometry.input.channels),
        filters_(geometry.output.channels) {}

  std::string_view name() const override { return "conv"; }
  Shape output_shape() const override { return geometry_.output; }
  Halo input_padding() const override { return geometry_.halo; }

  std::vector<ParameterTensor> parameters() const override {
    const std::size_t kernel = geometry_.kernel;
    const std::size_t channels = geometry_.input.channels;
    ParameterTensor weight{"weight", {filters_, channels, kernel, kernel}};
    weight.extents = {filters_, channels, kernel, kernel};
    weight.strides = {1, filters_, kernel * channels * filters_, channels * filters_};
    weight.fan_in = patch_;
    weight.fan_out = kernel * kernel * filters_;
    ParameterTensor bias{"bias", {filters_}};
    bias.extents = {filters_, 1, 1, 1};
    bias.strides = {1, 0, 0, 0};
    bias.offset = patch_ * filters_;
    return {weight, bias};
  }

  LayerFlops flops() const override {
    const std::uint64_t product = 2 * static_cast<std::uint64_t>(pixels_) * patch_ * filters_;
    return {product, product, product};
  }

  std::size_t scratch_size(std::size_t batch) const override {
    return images_per_block(batch) * pixels_ * (patch_ + filters_);
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override;
  void backward(const LayerContext& context, ConstTensorView x, ConstTensorView y,
                ConstTensorView dy, TensorView dx) const override;

 private:
  std::size_t images_per_block(std::size_t batch) const {
    return std::clamp<std::size_t>(kPatchFloatsTarget / (pixels_ * patch_), 1, batch);
  }

  // Both get the view of x or dx grown by the halo.
  void gather_patches(ConstTensorView padded, float* patches) const;
  void scatter_patches(const float* patches, TensorView padded) const;
  void add_bias(const float* products, std::span<const float> bias, TensorView y) const;

  Conv2dGeometry geometry_;
  std::size_t pixels_;  // per output image
  std::size_t patch_;   // values that one output pixel depends on
  std::size_t filters_;
};

// The inputs of one kernel row are contiguous in NHWC, so a patch is `kernel` copies.
void Conv2d::gather_patches(ConstTensorView padded, float* patches) const {
  const std::size_t kernel_row = geometry_.kernel * padded.channels;
  for (std::size_t n = 0; n < padded.batch; ++n) {
    for (std::size_t h = 0; h < geometry_.output.height; ++h) {
      for (std::size_t w = 0; w < geometry_.output.width; ++w) {
        const std::size_t column = w * geometry_.stride * padded.channels;
        for (std::size_t k = 0; k < geometry_.kernel; ++k) {
          const float* source = padded.row(n, h * geometry_.stride + k) + column;
          patches = std::copy_n(source, kernel_row, patches);
        }
      }
    }
  }
}

// The adjoint of gather_patches. What falls on the halo is written there and ignored.
void Conv2d::scatter_patches(const float* patches, TensorView padded) const {
  const std::size_t kernel_row = geometry_.kernel * padded.channels;
  fill_zero(padded);
  for (std::size_t n = 0; n < padded.batch; ++n) {
    for (std::size_t h = 0; h < geometry_.output.height; ++h) {
      for (std::size_t w = 0; w < geometry_.output.width; ++w) {
        const std::size_t column = w * geometry_.stride * padded.channels;
        for (std::size_t k = 0; k < geometry_.kernel; ++k) {
          float* target = padded.row(n, h * geometry_.stride + k) + column;
          for (std::size_t i = 0; i < kernel_row; ++i) {
            target[i] += patches[i];
          }
          patches += kernel_row;
        }
      }
    }
  }
}

void Conv2d::add_bias(const float* products, std::span<const float> bias, TensorView y) const {
  for (std::size_t n = 0; n < y.batch; ++n) {
    for (std::size_t h = 0; h < y.height; ++h) {
      float* row = y.row(n, h);
      for (std::size_t w = 0; w < y.width; ++w) {
        for (std::size_t c = 0; c < filters_; ++c) {
          row[c] = products[c] + bias[c];
        }
        row += filters_;
        products += filters_;
      }
    }
  }
}

void Conv2d::forward(const LayerContext& context, ConstTensorView x, TensorView y) const {
  const std::size_t block = images_per_block(x.batch);
  const MatrixView weights{context.parameters.data(), filters_};
  float* patches = context.scratch.data();
  float* products = patches + block * pixels_ * patch_;
  for (std::size_t first = 0; first < x.batch; first += block) {
    const std::size_t count = std::min(block, x.batch - first);
    gather_patches(x.images(first, count).grown(geometry_.halo), patches);
    gemm(count * pixels_, filters_, patch_, {patches, patch_}, weights, GemmMode::Overwrite,
         products, filters_);
    add_bias(products, context.parameters.last(filters_), y.images(first, count));
  }
}

void Conv2d::backward(const LayerContext& context, ConstTensorView x, ConstTensorView /*y*/,
                      ConstTensorView dy, TensorView dx) const {
  const std::size_t block = images_per_block(x.batch);
  const MatrixView transposed_weights{context.parameters.data(), filters_, true};
  const std::span<float> bias_gradient = context.gradients.last(filters_);
  float* patches = context.scratch.data();
  float* dense_dy = patches + block * pixels_ * patch_;
  std::fill(bias_gradient.begin(), bias_gradient.end(), 0.0F);
  for (std::size_t first = 0; first < x.batch; first += block) {
    const std::size_t count = std::min(block, x.batch - first);
    const std::size_t rows = count * pixels_;
    copy_values(dy.images(first, count), TensorView::contiguous(dense_dy, count, geometry_.output));
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t c = 0; c < filters_; ++c) {
        bias_gradient[c] += dense_dy[row * filters_ + c];
      }
    }
    gather_patches(x.images(first, count).grown(geometry_.halo), patches);
    gemm(patch_, filters_, rows, {patches, patch_, true}, {dense_dy, filters_},
         first == 0 ? GemmMode::Overwrite : GemmMode::Accumulate, context.gradients.data(),
         filters_);
    if (!dx.empty()) {
      gemm(rows, patch_, filters_, {dense_dy, filters_}, transposed_weights, GemmMode::Overwrite,
           patches, patch_);
      scatter_patches(patches, dx.images(first, count).grown(geometry_.halo));
    }
  }
}

/// Zeros before and after one axis.
std::pair<std::size_t, std::size_t> padding_of_axis(const Conv2dSpec& spec, std::size_t extent) {
  switch (spec.padding.kind) {
    case Conv2dPadding::Kind::Valid:
      return {0, 0};
    case Conv2dPadding::Kind::Number:
      return {spec.padding.amount, spec.padding.amount};
    case Conv2dPadding::Kind::Same:
      break;
  }
  const std::size_t outputs = (extent + spec.stride - 1) / spec.stride;
  const std::size_t covered = (outputs - 1) * spec.stride + spec.kernel;
  const std::size_t total = covered > extent ? covered - extent : 0;
  return {total / 2, total - total / 2};
}

Conv2dGeometry make_geometry(const Conv2dSpec& spec, const Shape& input) {
  Halo halo;
  std::tie(halo.top, halo.bottom) = padding_of_axis(spec, input.height);
  std::tie(halo.left, halo.right) = padding_of_axis(spec, input.width);
  const std::size_t height = input.height + halo.top + halo.bottom;
  const std::size_t width = input.width + halo.left + halo.right;
  if (spec.kernel > height || spec.kernel > width) {
    const std::string side = std::to_string(spec.kernel);
    throw ConfigError("kernel: expected at most the padded input " +
                      to_string(Shape::image(input.channels, height, width)) +
                      " (channels x height x width), found " + side + "x" + side);
  }
  const Shape output = Shape::image(spec.filters, (height - spec.kernel) / spec.stride + 1,
                                    (width - spec.kernel) / spec.stride + 1);
  return {input, output, spec.kernel, spec.stride, halo};
}

}  // namespace

std::unique_ptr<Layer> make_layer(const Conv2dSpec& spec, const Shape& input) {
  require_in_range("filters", spec.filters, 1, kTensorSizeMax);
  require_in_range("kernel", spec.kernel, 1, kKernelMax);
  require_in_range("stride", spec.stride, 1, kKernelMax);
  require_in_range("padding", spec.padding.amount, 0, kKernelMax);
  require_image(input);
  const Conv2dGeometry geometry = make_geometry(spec, input);
  const Shape& output = geometry.output;
  checked_size("weights", {spec.kernel, spec.kernel, input.channels, spec.filters});
  checked_size("output", {spec.filters, output.height, output.width});
  checked_size("patches of one image",
               {output.height, output.width, spec.kernel, spec.kernel, input.channels});
  return std::make_unique<Conv2d>(geometry);
}

}  // namespace hermes::nn
