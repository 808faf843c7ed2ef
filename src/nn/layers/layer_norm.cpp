#include "hermes/nn/layers/layer_norm.hpp"

#include <algorithm>

#include "../spec_check.hpp"
#include "nn/kernels/layer_norm.hpp"

namespace hermes::nn {
namespace {

class LayerNorm final : public Layer {
 public:
  LayerNorm(const Shape& shape, double epsilon) : shape_(shape), epsilon_(epsilon) {}

  std::string_view name() const override { return "layer_norm"; }
  Shape output_shape() const override { return shape_; }

  std::vector<ParameterTensor> parameters() const override {
    return {tensor("weight", 0, 1.0F), tensor("bias", 1, 0.0F)};
  }
  std::size_t saved_bytes(std::size_t batch) const override {
    return batch * sizeof(SampleMoments);
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    const float* weight = context.parameters.data();
    for (std::size_t n = 0; n < x.batch; ++n) {
      moments(context)[n] = layer_norm_forward(x.images(n, 1), weight, weight + shape_.size(),
                                               epsilon_, y.images(n, 1));
    }
  }

  void backward(const LayerContext& context, ConstTensorView x, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    if (!context.accumulates) {
      std::ranges::fill(context.gradients, 0.0F);
    }
    float* gradients = context.gradients.data();
    for (std::size_t n = 0; n < x.batch; ++n) {
      layer_norm_backward(moments(context)[n], x.images(n, 1), context.parameters.data(),
                          dy.images(n, 1), gradients, gradients + shape_.size(),
                          dx.empty() ? dx : dx.images(n, 1));
    }
  }

 private:
  ParameterTensor tensor(const char* name, std::size_t place, float start) const {
    ParameterTensor tensor{name, {shape_.channels, shape_.height, shape_.width}};
    if (shape_.flat) {
      tensor.shape = {shape_.size()};
    }
    tensor.extents = {shape_.channels, shape_.height, shape_.width, 1};
    tensor.strides = {1, shape_.width * shape_.channels, shape_.channels, 0};
    tensor.offset = place * shape_.size();
    tensor.start = start;
    return tensor;
  }

  static SampleMoments* moments(const LayerContext& context) {
    return reinterpret_cast<SampleMoments*>(context.saved.data());
  }

  Shape shape_;
  double epsilon_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const LayerNormSpec& spec, const Shape& input) {
  require_positive("epsilon", spec.epsilon);
  return std::make_unique<LayerNorm>(input, spec.epsilon);
}

}  // namespace hermes::nn
