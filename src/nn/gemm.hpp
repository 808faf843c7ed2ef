#pragma once

#include <cstddef>

namespace hermes::nn {

/// A row-major matrix, or the transpose of one.
struct MatrixView {
  const float* data;
  std::size_t row_stride;  ///< of the matrix as it is stored
  bool transposed = false;
};

enum class GemmMode { Overwrite, Accumulate };

/// C = A B or C += A B, where A is m x k and B is k x n (after transposition) and C is m x n,
/// row-major. The only door to the matrix library, which is for large matrices: for all others
/// `multiply` of kernels/gemm.hpp is faster.
void gemm(std::size_t m, std::size_t n, std::size_t k, const MatrixView& a, const MatrixView& b,
          GemmMode mode, float* c, std::size_t c_row_stride);

}  // namespace hermes::nn
