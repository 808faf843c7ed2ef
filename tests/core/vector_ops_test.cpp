#include "hermes/core/vector_ops.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace hermes {
namespace {

TEST(VectorOpsTest, axpy_adds_the_scaled_vector) {
  std::vector<float> y{1.0F, 2.0F};
  axpy(2.0F, std::vector<float>{10.0F, 20.0F}, y);
  EXPECT_EQ(y, (std::vector<float>{21.0F, 42.0F}));
}

TEST(VectorOpsTest, blend_may_write_over_its_input) {
  std::vector<float> x{1.0F, 2.0F};
  blend(0.25F, x, 0.5F, std::vector<float>{4.0F, 8.0F}, x);
  EXPECT_EQ(x, (std::vector<float>{2.25F, 4.5F}));
}

TEST(VectorOpsTest, subtract_takes_the_difference) {
  std::vector<float> out(2);
  subtract(std::vector<float>{3.0F, 1.0F}, std::vector<float>{1.0F, 4.0F}, out);
  EXPECT_EQ(out, (std::vector<float>{2.0F, -3.0F}));
}

TEST(VectorOpsTest, squared_norm_sums_every_lane) {
  EXPECT_DOUBLE_EQ(squared_norm(std::vector<float>{1, 2, 3, 4, 5}), 55.0);
}

TEST(VectorOpsTest, all_finite_finds_one_bad_value_anywhere) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    for (std::size_t place = 0; place < 37; ++place) {
      std::vector<float> x(37, std::numeric_limits<float>::max());
      EXPECT_TRUE(all_finite(x));
      x[place] = bad;
      EXPECT_FALSE(all_finite(x));
    }
  }
}

}  // namespace
}  // namespace hermes
