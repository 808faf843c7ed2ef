#pragma once

#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// Base of activations: works on rows in place, whatever the strides. A derived class gives the
/// function and its derivative in terms of the output.
class ElementwiseLayer : public Layer {
 public:
  explicit ElementwiseLayer(const Shape& shape) : shape_(shape) {}

  Shape output_shape() const override { return shape_; }
  OutputStorage output_storage() const override { return OutputStorage::InPlace; }
  bool backward_needs_output() const override { return true; }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const final;
  void backward(const LayerContext& context, ConstTensorView x, ConstTensorView y,
                ConstTensorView dy, TensorView dx) const final;

 private:
  /// x -> f(x)
  virtual void apply(std::span<float> values) const = 0;
  /// dy -> dy f'(x), where y = f(x)
  virtual void apply_derivative(std::span<const float> y, std::span<float> gradient) const = 0;

  Shape shape_;
};

}  // namespace hermes::nn
