#pragma once

#include <cstddef>

namespace hermes::nn {

/// target[j][i] = source[i][j] for row-major matrices without gaps: `source` is rows x columns.
void transpose(const float* source, std::size_t rows, std::size_t columns, float* target);

}  // namespace hermes::nn
