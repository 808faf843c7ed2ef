#include "hermes/nn/layers/dense.hpp"

#include <algorithm>

#include "../kernels/gemm.hpp"
#include "../kernels/masked_sum.hpp"
#include "../kernels/transpose.hpp"
#include "../spec_check.hpp"
#include "large_dense.hpp"

namespace hermes::nn {
namespace {

std::ptrdiff_t stride(std::size_t floats) {
  return static_cast<std::ptrdiff_t>(floats);
}

/// Vectors that begin on a cache line load faster.
std::size_t align(std::size_t floats) {
  return (floats + 15) / 16 * 16;
}

constexpr std::size_t kWeightsInCache = 131072;
constexpr std::size_t kBandInputs = 64;

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

  // The output gradient behind the ReLU, its transpose, and the larger of W transposed and dx
  // transposed.
  std::size_t scratch_size(std::size_t batch) const override {
    return 2 * align(batch * units_) + inputs_ * std::min(batch, units_);
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    if (is_large_dense(x.batch, inputs_, units_)) {
      const float* weights = context.parameters.data();
      large_dense_forward(x, weights, weights + inputs_ * units_, relu_, y);
      return;
    }
    for_each_band([&](std::size_t first, std::size_t count) {
      Product product;
      product.a = x.data + first;
      product.b = context.parameters.data() + first * units_;
      product.c = y.data;
      product.rows[0] = {x.batch, stride(x.image_stride), stride(y.image_stride)};
      product.depth[0] = {count, 1, stride(units_)};
      product.columns = units_;
      product.bias = context.parameters.data() + inputs_ * units_;
      product.accumulate = first > 0;
      product.relu = relu_ && first + count == inputs_;
      multiply(product);
    });
  }

  void backward(const LayerContext& context, ConstTensorView x, ConstTensorView y,
                ConstTensorView dy, TensorView dx) const override {
    float* masked = context.scratch.data();
    float* bias_gradient = context.gradients.data() + inputs_ * units_;
    if (!context.accumulates) {
      std::fill_n(bias_gradient, units_, 0.0F);
    }
    add_masked_columns({dy.batch, units_, dy.data, dy.image_stride, relu_ ? y.data : nullptr,
                        y.image_stride, masked, units_},
                       bias_gradient);
    if (is_large_dense(dy.batch, inputs_, units_)) {
      large_backward(context, x, masked, dx);
      return;
    }
    float* rest = masked + align(dy.batch * units_);
    weight_gradient(x, masked, context.accumulates, context.gradients.data());
    if (!dx.empty()) {
      if (dx.batch < units_) {
        input_gradient_transposed(context.parameters.data(), masked, dx, rest);
      } else {
        input_gradient(context.parameters.data(), masked, dx, rest);
      }
    }
  }

 private:
  void large_backward(const LayerContext& context, ConstTensorView x, const float* dy,
                      TensorView dx) const {
    large_dense_weight_gradient(x, dy, units_, context.accumulates, context.gradients.data());
    if (!dx.empty()) {
      large_dense_input_gradient(dy, units_, context.parameters.data(), dx);
    }
  }

  /// f(first, count) for bands of inputs whose weights are contiguous and fit into a cache with
  /// what they are multiplied by: large weights come from memory, and it delivers them twice as
  /// fast when they are read (and gradients written) from beginning to end.
  template <class F>
  void for_each_band(const F& f) const {
    const std::size_t band = inputs_ * units_ <= kWeightsInCache ? inputs_ : kBandInputs;
    for (std::size_t first = 0; first < inputs_; first += band) {
      f(first, std::min(band, inputs_ - first));
    }
  }

  /// dW = x^T dy, or dW += that.
  void weight_gradient(ConstTensorView x, const float* dy, bool accumulate, float* gradient) const {
    for_each_band([&](std::size_t first, std::size_t count) {
      Product product;
      product.a = x.data + first;
      product.b = dy;
      product.c = gradient + first * units_;
      product.rows[0] = {count, 1, stride(units_)};
      product.depth[0] = {x.batch, stride(x.image_stride), stride(units_)};
      product.columns = units_;
      product.accumulate = accumulate;
      multiply(product);
    });
  }

  /// dx = dy W^T, for large batches.
  void input_gradient(const float* weights, const float* dy, TensorView dx, float* scratch) const {
    transpose(weights, units_, inputs_, units_, scratch, inputs_);
    Product product;
    product.a = dy;
    product.b = scratch;
    product.c = dx.data;
    product.rows[0] = {dx.batch, stride(units_), stride(dx.image_stride)};
    product.depth[0] = {units_, 1, stride(inputs_)};
    product.columns = inputs_;
    multiply(product);
  }

  /// dx^T = W dy^T, for small ones: W is large then, and stays as it is.
  void input_gradient_transposed(const float* weights, const float* dy, TensorView dx,
                                 float* scratch) const {
    float* dx_transposed = scratch + align(dx.batch * units_);
    transpose(dy, units_, dx.batch, units_, scratch, dx.batch);
    for_each_band([&](std::size_t first, std::size_t count) {
      Product product;
      product.a = weights + first * units_;
      product.b = scratch;
      product.c = dx_transposed;
      product.rows[0] = {count, stride(units_), stride(dx.batch)};
      product.depth[0] = {units_, 1, stride(dx.batch)};
      product.columns = dx.batch;
      multiply(product);
      transpose(dx_transposed, dx.batch, count, dx.batch, dx.data + first, dx.image_stride);
    });
  }

  Shape input_;
  std::size_t inputs_;
  std::size_t units_;
  bool relu_ = false;  // of the output, fused
};

}  // namespace

std::unique_ptr<Layer> make_layer(const DenseSpec& spec, const Shape& input) {
  require_in_range("units", spec.units, 1, kTensorSizeMax);
  require_features(input);
  checked_size("weights", {spec.units, input.size()});
  return std::make_unique<Dense>(input, spec.units);
}

}  // namespace hermes::nn
