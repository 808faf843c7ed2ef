#pragma once

#include <array>
#include <cstddef>

/// The innermost loop of every matrix product, one instance per instruction set and block shape.
/// Only gemm.cpp calls it.
namespace hermes::nn {

/// Where a part of the sum over k starts, in floats from `Block::a` and `Block::b`.
struct Term {
  std::ptrdiff_t a;
  std::ptrdiff_t b;
};

/// A few rows by a few vectors of C, small enough to stay in registers while all of k goes by:
///
///   C[i][j] = start[i][j] + sum over terms t, k < depth of
///             A[t.a + i a_row + k a_column] * B[t.b + k b_row + j]
///
/// A is read one value at a time, so any strides will do; B in whole vectors, so its rows must hold
/// a multiple of `lanes` values.
struct Block {
  const float* a;
  std::ptrdiff_t a_row;
  std::ptrdiff_t a_column;
  const float* b;
  std::ptrdiff_t b_row;
  const Term* terms;
  std::size_t term_count;
  std::size_t depth;
  float* c;
  std::ptrdiff_t c_row;
  const float* start;  ///< null for zero
  std::ptrdiff_t start_row;
  std::size_t last_lanes;  ///< columns in the last vector of C: 1 to `lanes`
  bool relu;               ///< C = max(C, 0)
};

using BlockKernel = void (*)(const Block& block);

/// The kernels of one instruction set, and what it needs to be used well.
struct BlockKernels {
  static constexpr std::size_t kVectorsMax = 4;
  static constexpr std::size_t kRowsMax = 16;
  using OfWidth = std::array<BlockKernel, kRowsMax>;  // [rows - 1]; null above rows_max
  using Table = std::array<OfWidth, kVectorsMax>;     // [vectors - 1]

  std::size_t lanes;  ///< floats in a vector
  /// The most rows of a block that is 1, 2, 3 or 4 vectors wide: what the registers hold.
  std::array<std::size_t, kVectorsMax> rows_max;
  Table kernels;
  Table kernels_of_adjacent_rows;  ///< faster, where a_row is 1
  /// Copies `rows` rows of `columns` values, `source_row` floats apart, to rows of `width` floats
  /// without gaps, filled up with zeros. `width` is a multiple of `lanes`.
  void (*pack)(const float* source, std::ptrdiff_t source_row, std::size_t rows,
               std::size_t columns, std::size_t width, float* packed);
};

/// Those of the instruction set in use (see hermes/core/simd.hpp).
const BlockKernels& block_kernels();

}  // namespace hermes::nn
