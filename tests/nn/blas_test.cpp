#include "hermes/nn/blas.hpp"

#include <gtest/gtest.h>

namespace hermes::nn {
namespace {

TEST(BlasTest, says_what_it_is_and_takes_the_number_of_threads) {
  set_blas_threads(1);
  const BlasDescription description = blas_description();
  EXPECT_NE(description.config.find("OpenBLAS"), std::string::npos);
  EXPECT_FALSE(description.core.empty());
  EXPECT_EQ(description.threads, 1);
}

}  // namespace
}  // namespace hermes::nn
