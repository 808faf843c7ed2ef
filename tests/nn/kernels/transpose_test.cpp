#include "nn/kernels/transpose.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "hermes/core/simd.hpp"

namespace hermes::nn {
namespace {

TEST(TransposeTest, every_path_swaps_rows_and_columns_and_touches_nothing_else) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (std::size_t rows = 0; rows <= 9; ++rows) {
      for (std::size_t columns = 0; columns <= 21; ++columns) {
        std::vector<float> source(rows * columns);
        for (std::size_t i = 0; i < source.size(); ++i) {
          source[i] = static_cast<float>(i + 1);
        }
        std::vector<float> result(source.size() + 1, -1.0F);
        transpose(source.data(), columns, rows, columns, result.data(), rows);
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < columns; ++j) {
            ASSERT_EQ(result[j * rows + i], source[i * columns + j])
                << to_string(target) << ", " << rows << " x " << columns;
          }
        }
        ASSERT_EQ(result.back(), -1.0F);
      }
    }
  }
}

}  // namespace
}  // namespace hermes::nn
