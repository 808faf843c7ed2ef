#include "hermes/data/shuffled_batches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "data/support.hpp"

namespace hermes::data {
namespace {

std::vector<std::uint32_t> take(ShuffledBatches& batches, std::size_t count) {
  std::vector<std::uint32_t> indices;
  for (std::size_t i = 0; i < count; ++i) {
    const auto batch = batches.next();
    indices.insert(indices.end(), batch.begin(), batch.end());
  }
  return indices;
}

const RandomStream kStream(1, RandomPurpose::Shuffle, 3);

TEST(ShuffledBatchesTest, each_pass_delivers_each_row_once_in_a_new_order) {
  ShuffledBatches batches(103, 10, kStream);
  ASSERT_EQ(batches.batches_per_pass(), 11U);
  std::vector<std::uint32_t> all(103);
  std::iota(all.begin(), all.end(), 0U);
  const auto first = take(batches, 11);
  EXPECT_TRUE(batches.pass_done());
  EXPECT_EQ(batches.pass(), 0U);
  const auto second = take(batches, 11);
  EXPECT_EQ(batches.pass(), 1U);
  EXPECT_THAT(first, testing::UnorderedElementsAreArray(all));
  EXPECT_THAT(second, testing::UnorderedElementsAreArray(all));
  EXPECT_NE(first, all);
  EXPECT_NE(first, second);
}

TEST(ShuffledBatchesTest, the_last_batch_of_a_pass_may_be_smaller) {
  ShuffledBatches batches(7, 3, kStream);
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 4; ++i) {
    sizes.push_back(batches.next().size());
  }
  EXPECT_THAT(sizes, testing::ElementsAre(3U, 3U, 1U, 3U));
}

TEST(ShuffledBatchesTest, a_batch_larger_than_the_shard_is_the_whole_shard) {
  ShuffledBatches batches(5, 100, kStream);
  EXPECT_EQ(batches.next().size(), 5U);
  EXPECT_EQ(batches.next().size(), 5U);
  EXPECT_EQ(batches.pass(), 1U);
}

TEST(ShuffledBatchesTest, goes_on_from_every_state_as_if_nothing_had_happened) {
  for (std::size_t before = 0; before < 12; ++before) {
    ShuffledBatches batches(23, 5, kStream);
    take(batches, before);
    ShuffledBatches restored(batches.state());
    EXPECT_EQ(restored.state(), batches.state());
    EXPECT_EQ(take(restored, 11), take(batches, 11)) << before;
    EXPECT_EQ(restored.state(), batches.state());
  }
}

TEST(ShuffledBatchesTest, batch_size_changes_from_the_next_batch_on) {
  ShuffledBatches batches(20, 4, kStream);
  ShuffledBatches same_rows(20, 20, kStream);
  auto rows = take(batches, 1);
  batches.set_batch_size(8);
  const auto rest = take(batches, 2);
  rows.insert(rows.end(), rest.begin(), rest.end());
  EXPECT_EQ(rows, take(same_rows, 1));
}

TEST(ShuffledBatchesTest, reset_goes_on_with_the_stream) {
  ShuffledBatches batches(20, 20, kStream);
  const auto before = take(batches, 1);
  batches.reset(20, 20);
  EXPECT_EQ(batches.pass(), 0U);
  EXPECT_NE(take(batches, 1), before);
}

TEST(ShuffledBatchesTest, refuses_impossible_states) {
  const ShuffledBatches::State good = ShuffledBatches(20, 4, kStream).state();
  ShuffledBatches::State bad = good;
  bad.position = 21;
  EXPECT_THAT(test::data_error([&] { ShuffledBatches{bad}; }),
              testing::HasSubstr("found position 21, rows 20"));
  bad = good;
  bad.batch_size = 0;
  test::data_error([&] { ShuffledBatches{bad}; });
  bad = good;
  bad.stream = {};
  test::data_error([&] { ShuffledBatches{bad}; });
}

}  // namespace
}  // namespace hermes::data
