#include "hermes/nn/layers/dense.hpp"

#include <algorithm>

#include "../kernels/activations.hpp"
#include "../kernels/gemm.hpp"
#include "../kernels/transpose.hpp"
#include "../spec_check.hpp"
#include "hermes/core/assert.hpp"

namespace hermes::nn {
namespace {

std::ptrdiff_t steps(std::size_t floats) {
  return static_cast<std::ptrdiff_t>(floats);
}

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

  bool backward_needs_output() const override { return relu_; }
  bool fuse_relu_of_output() override { return relu_ = true; }

  std::size_t scratch_size(std::size_t batch) const override {
    return units_ * batch + std::min(inputs_ * units_, (inputs_ + units_) * batch);
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    Product product;
    product.a = x.data;
    product.b = context.parameters.data();
    product.c = y.data;
    product.rows[0] = {x.batch, steps(x.image_stride), steps(y.image_stride)};
    product.depth[0] = {inputs_, 1, steps(units_)};
    product.columns = units_;
    product.bias = context.parameters.last(units_).data();
    product.relu = relu_;
    multiply(product);
  }

  void backward(const LayerContext& context, ConstTensorView x, ConstTensorView y,
                ConstTensorView dy, TensorView dx) const override {
    float* scratch = context.scratch.data();
    if (relu_) {
      for (std::size_t n = 0; n < dy.batch; ++n) {
        relu_backward({y.row(n, 0), units_}, {dy.row(n, 0), units_},
                      {scratch + n * units_, units_});
      }
      dy = ConstTensorView::contiguous(scratch, dy.batch, Shape::features(units_));
      scratch += dy.batch * units_;
    }
    parameter_gradients(context, x, dy);
    if (dx.empty()) {
      return;
    }
    if (inputs_ * units_ <= (inputs_ + units_) * dy.batch) {
      multiply_by_transposed_weights(context, dy, dx, scratch);
    } else {
      multiply_by_transposed_gradient(context, dy, dx, scratch);
    }
  }

 private:
  void parameter_gradients(const LayerContext& context, ConstTensorView x,
                           ConstTensorView dy) const {
    Product product;
    product.a = x.data;
    product.b = dy.data;
    product.c = context.gradients.data();
    product.rows[0] = {inputs_, 1, steps(units_)};
    product.depth[0] = {dy.batch, steps(x.image_stride), steps(dy.image_stride)};
    product.columns = units_;
    multiply(product);

    constexpr float kOne = 1.0F;
    product.a = &kOne;
    product.c = context.gradients.last(units_).data();
    product.rows[0] = {};
    product.depth[0].a = 0;
    multiply(product);
  }

  /// dx = dy w^T
  void multiply_by_transposed_weights(const LayerContext& context, ConstTensorView dy,
                                      TensorView dx, float* transposed) const {
    transpose(context.parameters.data(), inputs_, units_, transposed);
    Product product;
    product.a = dy.data;
    product.b = transposed;
    product.c = dx.data;
    product.rows[0] = {dy.batch, steps(dy.image_stride), steps(dx.image_stride)};
    product.depth[0] = {units_, 1, steps(inputs_)};
    product.columns = inputs_;
    multiply(product);
  }

  /// dx^T = w dy^T: for small batches there is much less to transpose.
  void multiply_by_transposed_gradient(const LayerContext& context, ConstTensorView dy,
                                       TensorView dx, float* transposed) const {
    float* transposed_dx = transposed + units_ * dy.batch;
    HERMES_ASSERT(dy.is_contiguous() && dx.is_contiguous(), "dense: gradients have no halo");
    transpose(dy.data, dy.batch, units_, transposed);
    Product product;
    product.a = context.parameters.data();
    product.b = transposed;
    product.c = transposed_dx;
    product.rows[0] = {inputs_, steps(units_), steps(dy.batch)};
    product.depth[0] = {units_, 1, steps(dy.batch)};
    product.columns = dy.batch;
    multiply(product);
    transpose(transposed_dx, inputs_, dy.batch, dx.data);
  }

  Shape input_;
  std::size_t inputs_;
  std::size_t units_;
  bool relu_ = false;  // fused
};

}  // namespace

std::unique_ptr<Layer> make_layer(const DenseSpec& spec, const Shape& input) {
  require_in_range("units", spec.units, 1, kTensorSizeMax);
  require_features(input);
  checked_size("weights", {spec.units, input.size()});
  return std::make_unique<Dense>(input, spec.units);
}

}  // namespace hermes::nn
