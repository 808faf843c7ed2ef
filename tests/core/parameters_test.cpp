#include "hermes/core/parameters.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace hermes {
namespace {

TEST(ParameterPoolTest, sealed_block_holds_the_values) {
  ParameterPool pool(3);
  const std::vector<float> values{1.0F, 2.0F, 3.0F};
  const SharedParameters block = pool.copy_of(values);
  EXPECT_EQ(std::vector<float>(block.values().begin(), block.values().end()), values);
}

TEST(ParameterPoolTest, memory_is_reused_only_after_the_last_reader_left) {
  ParameterPool pool(1024);
  SharedParameters first = pool.acquire().seal();
  const float* address = first.values().data();
  SharedParameters reader = first;
  first = {};
  EXPECT_NE(pool.acquire().values().data(), address);
  reader = {};
  EXPECT_EQ(pool.acquire().values().data(), address);
}

TEST(ParameterPoolTest, block_outlives_its_pool) {
  SharedParameters block;
  {
    ParameterPool pool(2);
    block = pool.copy_of(std::vector<float>{4.0F, 5.0F});
  }
  EXPECT_EQ(block.values()[1], 5.0F);
}

TEST(ParameterPoolTest, buffers_are_aligned_for_vector_loads) {
  ParameterPool pool(17);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pool.acquire().values().data()) % 64, 0U);
}

}  // namespace
}  // namespace hermes
