#pragma once

#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// Base of activations: works on rows, whatever the strides. A derived class gives the
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
  /// y = f(x); y may be x
  virtual void apply(std::span<const float> x, std::span<float> y) const = 0;
  /// dx = dy f'(x), where y = f(x); dx may be dy
  virtual void apply_derivative(std::span<const float> y, std::span<const float> dy,
                                std::span<float> dx) const = 0;

  Shape shape_;
};

}  // namespace hermes::nn
