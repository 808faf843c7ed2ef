#include "elementwise_layer.hpp"

namespace hermes::nn {

void ElementwiseLayer::forward(const LayerContext& /*context*/, ConstTensorView x,
                               TensorView y) const {
  if (x.is_contiguous() && y.is_contiguous()) {
    const std::size_t size = y.batch * y.image_size();
    apply({x.data, size}, {y.data, size});
    return;
  }
  for (std::size_t n = 0; n < y.batch; ++n) {
    for (std::size_t h = 0; h < y.height; ++h) {
      apply({x.row(n, h), x.row_size()}, {y.row(n, h), y.row_size()});
    }
  }
}

void ElementwiseLayer::backward(const LayerContext& /*context*/, ConstTensorView /*x*/,
                                ConstTensorView y, ConstTensorView dy, TensorView dx) const {
  if (y.is_contiguous() && dy.is_contiguous() && dx.is_contiguous()) {
    const std::size_t size = y.batch * y.image_size();
    apply_derivative({y.data, size}, {dy.data, size}, {dx.data, size});
    return;
  }
  for (std::size_t n = 0; n < y.batch; ++n) {
    for (std::size_t h = 0; h < y.height; ++h) {
      apply_derivative({y.row(n, h), y.row_size()}, {dy.row(n, h), dy.row_size()},
                       {dx.row(n, h), dx.row_size()});
    }
  }
}

}  // namespace hermes::nn
