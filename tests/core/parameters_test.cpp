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

TEST(ParameterPoolTest, a_block_is_reopened_by_its_last_reader_alone) {
  ParameterPool pool(2);
  SharedParameters block = pool.copy_of(std::vector<float>{1.0F, 2.0F});
  const float* address = block.values().data();
  SharedParameters reader = block;
  EXPECT_FALSE(pool.reopen(block));
  EXPECT_EQ(block.values().data(), address);
  reader = {};
  std::optional<ParameterBuffer> buffer = pool.reopen(block);
  ASSERT_TRUE(buffer);
  EXPECT_TRUE(block.empty());
  EXPECT_EQ(buffer->values().data(), address);
  EXPECT_EQ(buffer->values()[1], 2.0F);
  EXPECT_NE(pool.acquire().values().data(), address);  // it is in use

  SharedParameters foreign = ParameterPool(2).copy_of(std::vector<float>{1.0F, 2.0F});
  EXPECT_FALSE(pool.reopen(foreign));
  SharedParameters none;
  EXPECT_FALSE(pool.reopen(none));
}

/// A block of halves between floats that are not zero.
TEST(SharedParametersTest, halves_are_widened_where_floats_are_read_in_place) {
  const auto halves = std::make_shared<const std::vector<std::uint16_t>>(
      std::vector<std::uint16_t>{0x3C00, 0x4000, 0x4200, 0x4400});  // fp16: 1 2 3 4
  const SharedParameters fp16(halves, std::span<const std::uint16_t>(*halves), HalfFormat::Fp16);
  const SharedParameters bf16(halves, std::span<const std::uint16_t>(*halves), HalfFormat::Bf16);
  std::vector<float> room(2);
  EXPECT_EQ(fp16.size(), 4U);
  EXPECT_TRUE(fp16.is_half());
  EXPECT_EQ(fp16.read(1, room).data(), room.data());
  EXPECT_EQ(room, (std::vector<float>{2.0F, 3.0F}));
  bf16.read(2, room);
  EXPECT_EQ(room, (std::vector<float>{32.0F, 512.0F}));
  const SharedParameters floats = ParameterPool(3).copy_of(std::vector<float>{5.0F, 6.0F, 7.0F});
  EXPECT_FALSE(floats.is_half());
  EXPECT_EQ(floats.read(1, room).data(), floats.values().data() + 1);
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
