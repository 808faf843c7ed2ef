#include "hermes/core/flush_denormals.hpp"

#include <gtest/gtest.h>

namespace hermes {
namespace {

/// Computed at run time, in the present mode.
float product(float a, float b) {
  volatile float left = a;
  volatile float right = b;
  return left * right;
}

TEST(FlushDenormalsTest, tiny_numbers_are_zero_while_it_lives) {
  constexpr float kTiny = 1e-40F;
  EXPECT_NE(product(1e-20F, 1e-20F), 0.0F);
  {
    const FlushDenormals flush;
    EXPECT_EQ(product(1e-20F, 1e-20F), 0.0F);
    EXPECT_EQ(product(kTiny, 1e30F), 0.0F);
    EXPECT_EQ(product(2.0F, 1e-38F), 2e-38F);
  }
  EXPECT_NE(product(1e-20F, 1e-20F), 0.0F);
  EXPECT_NE(product(kTiny, 1e30F), 0.0F);
}

}  // namespace
}  // namespace hermes
