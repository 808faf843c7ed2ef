#include "gemm.hpp"

#include <cblas.h>

namespace hermes::nn {

void gemm(std::size_t m, std::size_t n, std::size_t k, const MatrixView& a, const MatrixView& b,
          GemmMode mode, float* c, std::size_t c_row_stride) {
  const auto transposition = [](const MatrixView& matrix) {
    return matrix.transposed ? CblasTrans : CblasNoTrans;
  };
  // The sizes of all tensors are checked against 32 bits when a network is built.
  const auto blas = [](std::size_t size) { return static_cast<blasint>(size); };
  cblas_sgemm(CblasRowMajor, transposition(a), transposition(b), blas(m), blas(n), blas(k), 1.0F,
              a.data, blas(a.row_stride), b.data, blas(b.row_stride),
              mode == GemmMode::Accumulate ? 1.0F : 0.0F, c, blas(c_row_stride));
}

}  // namespace hermes::nn
