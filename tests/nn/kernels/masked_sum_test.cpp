#include "nn/kernels/masked_sum.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hermes/core/simd.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

using testing::random_values;

constexpr float kUntouched = 777.0F;

TEST(MaskedSumTest, every_path_masks_copies_and_adds_up_as_plain_loops_do) {
  for (const std::size_t rows : {0U, 1U, 3U, 4U, 9U, 30U}) {
    for (std::size_t columns = 1; columns <= 150; columns += columns < 40 ? 1 : 13) {
      const std::size_t row = columns + 3;  // of all arrays
      const std::vector<float> values = random_values(rows * row, columns);
      const std::vector<float> mask = random_values(rows * row, columns + 1);
      const std::vector<float> before = random_values(columns, columns + 2);
      for (const bool masked : {false, true}) {
        std::vector<double> sums(before.begin(), before.end());
        std::vector<float> copy(rows * row, kUntouched);
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < columns; ++j) {
            const std::size_t place = i * row + j;
            copy[place] = masked && mask[place] <= 0.0F ? 0.0F : values[place];
            sums[j] += static_cast<double>(copy[place]);
          }
        }
        for (const SimdTarget target : supported_simd_targets()) {
          const SimdTargetScope scope(target);
          SCOPED_TRACE(std::string(to_string(target)) + ", " + std::to_string(rows) + " x " +
                       std::to_string(columns));
          std::vector<float> result = before;
          std::vector<float> copied(rows * row, kUntouched);
          MaskedRows job{
              rows,          columns, values.data(), row, masked ? mask.data() : nullptr, row,
              copied.data(), row};
          add_masked_columns(job, result.data());
          EXPECT_EQ(copied, copy);
          for (std::size_t j = 0; j < columns; ++j) {
            ASSERT_NEAR(result[j], sums[j], 1e-5) << j;
          }
          std::vector<float> without_copy = before;
          job.target = nullptr;
          add_masked_columns(job, without_copy.data());
          EXPECT_EQ(without_copy, result);
        }
      }
    }
  }
}

}  // namespace
}  // namespace hermes::nn
