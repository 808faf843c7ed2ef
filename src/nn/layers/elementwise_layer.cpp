#include "elementwise_layer.hpp"

#include "view_ops.hpp"

namespace hermes::nn {

void ElementwiseLayer::forward(const LayerContext& /*context*/, ConstTensorView x,
                               TensorView y) const {
  for_each_run([this](auto from, auto to) { apply(from, to); }, x, y);
}

void ElementwiseLayer::backward(const LayerContext& /*context*/, ConstTensorView /*x*/,
                                ConstTensorView y, ConstTensorView dy, TensorView dx) const {
  for_each_run([this](auto out, auto from, auto to) { apply_derivative(out, from, to); }, y, dy,
               dx);
}

}  // namespace hermes::nn
