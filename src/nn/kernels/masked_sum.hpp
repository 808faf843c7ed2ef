#pragma once

#include <cstddef>

namespace hermes::nn {

/// `rows` x `columns` values, row after row.
struct MaskedRows {
  std::size_t rows;
  std::size_t columns;
  const float* values;
  std::size_t values_row;  ///< floats from row to row
  const float* mask;       ///< a value counts where this is above zero; null: everywhere
  std::size_t mask_row;
  float* target;  ///< where the values go, zero where they do not count; null: nowhere
  std::size_t target_row;
};

/// Adds the sum of each column to `sums`. This is what a layer does with the gradient of its output
/// before its products: through the fused ReLU, into the bias gradient, and into a scratch copy.
void add_masked_columns(const MaskedRows& rows, float* sums);

}  // namespace hermes::nn
