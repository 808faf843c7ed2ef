#include "view_ops.hpp"

#include <algorithm>

#include "nn/kernels/addition.hpp"

namespace hermes::nn {

void copy_values(ConstTensorView x, TensorView y) {
  if (x.data == y.data) {
    return;
  }
  for (std::size_t n = 0; n < x.batch; ++n) {
    for (std::size_t h = 0; h < x.height; ++h) {
      std::copy_n(x.row(n, h), x.row_size(), y.row(n, h));
    }
  }
}

void fill_zero(TensorView values) {
  for (std::size_t n = 0; n < values.batch; ++n) {
    for (std::size_t h = 0; h < values.height; ++h) {
      std::fill_n(values.row(n, h), values.row_size(), 0.0F);
    }
  }
}

void add_values(ConstTensorView x, ConstTensorView y, TensorView out) {
  for_each_run(add, x, y, out);
}

}  // namespace hermes::nn
