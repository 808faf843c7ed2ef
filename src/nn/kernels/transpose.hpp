#pragma once

#include <cstddef>

namespace hermes::nn {

/// target[j][i] = source[i][j] for a row-major matrix of `rows` x `columns`; the strides are from
/// row to row, in floats. The two do not overlap.
void transpose(const float* source, std::size_t source_row, std::size_t rows, std::size_t columns,
               float* target, std::size_t target_row);

}  // namespace hermes::nn
