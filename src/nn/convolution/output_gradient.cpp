#include "output_gradient.hpp"

#include "../kernels/masked_sum.hpp"

namespace hermes::nn {

void copy_output_gradient(ConstTensorView dy, ConstTensorView y, TensorView target,
                          float* bias_gradient) {
  for (std::size_t n = 0; n < dy.batch; ++n) {
    for (std::size_t h = 0; h < dy.height; ++h) {
      const float* mask = y.empty() ? nullptr : y.row(n, h);
      add_masked_columns({dy.width, dy.channels, dy.row(n, h), dy.channels, mask, dy.channels,
                          target.row(n, h), dy.channels},
                         bias_gradient);
    }
  }
}

}  // namespace hermes::nn
