#pragma once

#include <array>
#include <cstddef>

namespace hermes::nn {

/// Equal steps through two arrays at once: `count` of them, each so many floats apart. Strides may
/// be zero or negative.
struct Axis {
  std::size_t count = 1;
  std::ptrdiff_t a = 0;      ///< stride in A
  std::ptrdiff_t other = 0;  ///< stride in C for an axis of rows, in B for one of the sum
};

/// A matrix product over strided arrays, which is wide enough for dense layers, for convolutions
/// (an output pixel is a row; kernel row, kernel column and channel are summed over) and for both
/// of their gradients, without copying an operand into another layout first:
///
///   C[rows][j] = start[j] + sum over depth of A[rows, depth] * B[depth][j],   j < columns
///
/// Three axes each, innermost first, say where the rows of C and the terms of the sum are. A is
/// read value by value, so a transposed A costs nothing; j is contiguous in B and C.
struct Product {
  const float* a = nullptr;
  const float* b = nullptr;
  float* c = nullptr;
  std::array<Axis, 3> rows;   ///< through A and C
  std::array<Axis, 3> depth;  ///< through A and B; an empty sum is zero
  std::size_t columns = 0;

  const float* bias = nullptr;  ///< `columns` values that the sums start with; null for zeros
  bool accumulate = false;      ///< the sums start with C instead
  bool relu = false;            ///< C = max(C, 0), after everything else
};

/// Computes the product with the kernels of the instruction set in use. C overlaps neither A nor
/// B; no two rows of C overlap. Allocates nothing.
void multiply(const Product& product);

}  // namespace hermes::nn
