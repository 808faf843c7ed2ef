#pragma once

#include "hermes/nn/tensor_view.hpp"

namespace hermes::nn {

/// y = x, unless they are one view. Both have the same extents.
void copy_values(ConstTensorView x, TensorView y);

/// Zeros in the whole view, not in the gaps between its rows.
void fill_zero(TensorView values);

}  // namespace hermes::nn
