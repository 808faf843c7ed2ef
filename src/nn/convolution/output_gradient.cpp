#include "output_gradient.hpp"

#include "../kernels/masked_sum.hpp"

namespace hermes::nn {

namespace {

/// Whether the rows of an image follow each other.
bool is_gapless(ConstTensorView view) {
  return view.empty() || view.row_stride == view.row_size();
}

}  // namespace

void copy_output_gradient(ConstTensorView dy, ConstTensorView y, TensorView target,
                          float* bias_gradient) {
  const bool whole_images = is_gapless(dy) && is_gapless(y) && is_gapless(target);
  const std::size_t rows = whole_images ? dy.height : 1;
  for (std::size_t n = 0; n < dy.batch; ++n) {
    for (std::size_t h = 0; h < dy.height; h += rows) {
      add_masked_columns({rows * dy.width, dy.channels, dy.row(n, h), dy.channels,
                          y.empty() ? nullptr : y.row(n, h), dy.channels,
                          target.empty() ? nullptr : target.row(n, h), dy.channels},
                         bias_gradient);
    }
  }
}

}  // namespace hermes::nn
