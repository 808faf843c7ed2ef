#pragma once

#include <cstddef>
#include <span>

#include "hermes/nn/tensor_view.hpp"

namespace hermes::nn {

/// Calls f(values of the first view, values of the second, ...) for runs of values that lie
/// together in all of them: whole batches, or row by row. All have the same extents.
template <class F, class T, class... Others>
void for_each_run(const F& f, const BasicTensorView<T>& first,
                  const BasicTensorView<Others>&... others) {
  if (first.is_contiguous() && (others.is_contiguous() && ...)) {
    const std::size_t size = first.batch * first.image_size();
    f(std::span<T>(first.data, size), std::span<Others>(others.data, size)...);
    return;
  }
  const std::size_t size = first.row_size();
  for (std::size_t n = 0; n < first.batch; ++n) {
    for (std::size_t h = 0; h < first.height; ++h) {
      f(std::span<T>(first.row(n, h), size), std::span<Others>(others.row(n, h), size)...);
    }
  }
}

/// y = x, unless they are one view. Both have the same extents.
void copy_values(ConstTensorView x, TensorView y);

/// Zeros in the whole view, not in the gaps between its rows.
void fill_zero(TensorView values);

/// out = x + y; `out` may be either. All have the same extents.
void add_values(ConstTensorView x, ConstTensorView y, TensorView out);

}  // namespace hermes::nn
