#include "elementwise_layer.hpp"

#include "view_ops.hpp"

namespace hermes::nn {

void ElementwiseLayer::forward(const LayerContext& /*context*/, ConstTensorView x,
                               TensorView y) const {
  copy_values(x, y);
  if (y.is_contiguous()) {
    apply({y.data, y.batch * y.image_size()});
    return;
  }
  for (std::size_t n = 0; n < y.batch; ++n) {
    for (std::size_t h = 0; h < y.height; ++h) {
      apply({y.row(n, h), y.row_size()});
    }
  }
}

void ElementwiseLayer::backward(const LayerContext& /*context*/, ConstTensorView /*x*/,
                                ConstTensorView y, ConstTensorView dy, TensorView dx) const {
  copy_values(dy, dx);
  if (y.is_contiguous() && dx.is_contiguous()) {
    const std::size_t size = y.batch * y.image_size();
    apply_derivative({y.data, size}, {dx.data, size});
    return;
  }
  for (std::size_t n = 0; n < y.batch; ++n) {
    for (std::size_t h = 0; h < y.height; ++h) {
      apply_derivative({y.row(n, h), y.row_size()}, {dx.row(n, h), dx.row_size()});
    }
  }
}

}  // namespace hermes::nn
