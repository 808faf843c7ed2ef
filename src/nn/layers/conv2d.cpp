#include "hermes/nn/layers/conv2d.hpp"

#include <string>
#include <tuple>
#include <utility>

#include "../convolution/convolution.hpp"
#include "../spec_check.hpp"
#include "hermes/core/error.hpp"

namespace hermes::nn {
namespace {

constexpr std::size_t kKernelMax = 1024;

class Conv2d final : public Layer {
 public:
  explicit Conv2d(const ConvolutionGeometry& geometry)
      : geometry_(geometry),
        convolution_(make_convolution(geometry)),
        pixels_(geometry.output.height * geometry.output.width),
        patch_(geometry.kernel * geometry.kernel * geometry.input.channels),
        filters_(geometry.output.channels) {}

  std::string_view name() const override { return "conv"; }
  Shape output_shape() const override { return geometry_.output; }
  Halo input_padding() const override { return convolution_->input_padding(); }
  bool backward_needs_output() const override { return relu_; }
  bool fuse_relu_of_output() override { return relu_ = true; }

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
    return convolution_->scratch_size(batch);
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    convolution_->forward(weights(context), x, y, relu_, context.scratch);
  }

  void backward(const LayerContext& context, ConstTensorView x, ConstTensorView y,
                ConstTensorView dy, TensorView dx) const override {
    float* gradients = context.gradients.data();
    convolution_->backward(weights(context), x, relu_ ? y : ConstTensorView{}, dy,
                           {gradients, gradients + geometry_.weight_count(), context.accumulates},
                           dx, context.scratch);
  }

 private:
  ConvolutionWeights weights(const LayerContext& context) const {
    const float* parameters = context.parameters.data();
    return {parameters, parameters + geometry_.weight_count()};
  }

  ConvolutionGeometry geometry_;
  std::unique_ptr<Convolution> convolution_;
  std::size_t pixels_;  // per output image
  std::size_t patch_;   // values that one output pixel depends on
  std::size_t filters_;
  bool relu_ = false;  // of the output, fused
};

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

ConvolutionGeometry make_geometry(const Conv2dSpec& spec, const Shape& input) {
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
  const ConvolutionGeometry geometry = make_geometry(spec, input);
  const Shape& output = geometry.output;
  checked_size("weights", {spec.kernel, spec.kernel, input.channels, spec.filters});
  checked_size("output", {spec.filters, output.height, output.width});
  checked_size("patches of one image",
               {output.height, output.width, spec.kernel, spec.kernel, input.channels});
  return std::make_unique<Conv2d>(geometry);
}

}  // namespace hermes::nn
