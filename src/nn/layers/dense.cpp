#include "hermes/nn/layers/dense.hpp"

#include <algorithm>

#include "../gemm.hpp"
#include "../spec_check.hpp"

namespace hermes::nn {
namespace {

class Dense final : public Layer {
 public:
  Dense(const Shape& input, std::size_t units)
      : input_(input), inputs_(input.size()), units_(units) {}

  std::string_view name() const override { return "dense"; }
  Shape output_shape() const override { return Shape::features(units_); }

  // The rows of W follow the memory order of the input: height, width, channels. Files list the
  // inputs of a flattened image channels first.
  std::vector<ParameterTensor> parameters() const override {
    ParameterTensor weight{"weight", {units_, inputs_}};
    weight.extents = {units_, input_.channels, input_.height, input_.width};
    weight.strides = {1, units_, input_.width * input_.channels * units_, input_.channels * units_};
    weight.fan_in = inputs_;
    weight.fan_out = units_;
    ParameterTensor bias{"bias", {units_}};
    bias.extents = {units_, 1, 1, 1};
    bias.strides = {1, 0, 0, 0};
    bias.offset = inputs_ * units_;
    return {weight, bias};
  }

  LayerFlops flops() const override {
    const std::uint64_t product = 2 * static_cast<std::uint64_t>(inputs_) * units_;
    return {product, product, product};
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    const std::span<const float> bias = context.parameters.last(units_);
    for (std::size_t n = 0; n < y.batch; ++n) {
      std::copy(bias.begin(), bias.end(), y.row(n, 0));
    }
    gemm(x.batch, units_, inputs_, {x.data, x.image_stride}, weights(context), GemmMode::Accumulate,
         y.data, y.image_stride);
  }

  void backward(const LayerContext& context, ConstTensorView x, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    gemm(inputs_, units_, x.batch, {x.data, x.image_stride, true}, {dy.data, dy.image_stride},
         GemmMode::Overwrite, context.gradients.data(), units_);
    const std::span<float> bias_gradient = context.gradients.last(units_);
    std::fill(bias_gradient.begin(), bias_gradient.end(), 0.0F);
    for (std::size_t n = 0; n < dy.batch; ++n) {
      const float* row = dy.row(n, 0);
      for (std::size_t i = 0; i < units_; ++i) {
        bias_gradient[i] += row[i];
      }
    }
    if (!dx.empty()) {
      MatrixView transposed = weights(context);
      transposed.transposed = true;
      gemm(dy.batch, inputs_, units_, {dy.data, dy.image_stride}, transposed, GemmMode::Overwrite,
           dx.data, dx.image_stride);
    }
  }

 private:
  MatrixView weights(const LayerContext& context) const {
    return {context.parameters.data(), units_};
  }

  Shape input_;
  std::size_t inputs_;
  std::size_t units_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const DenseSpec& spec, const Shape& input) {
  require_in_range("units", spec.units, 1, kTensorSizeMax);
  require_features(input);
  checked_size("weights", {spec.units, input.size()});
  return std::make_unique<Dense>(input, spec.units);
}

}  // namespace hermes::nn
