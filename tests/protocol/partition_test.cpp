#include "hermes/protocol/partition.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace hermes::protocol {
namespace {

constexpr ShardSize kSize{.rows = 40, .minibatch = 8};

TEST(PartitionTest, private_pools_are_disjoint_and_cover_all_rows) {
  for (const PartitionKind kind : {PartitionKind::Disjoint, PartitionKind::ByLabel}) {
    for (const std::uint64_t rows : {7U, 100U, 1001U}) {
      for (const std::uint32_t workers : {1U, 3U, 7U}) {
        const PartitionConfig config{
            .kind = kind, .seed = 5, .train_rows = rows, .workers = workers};
        std::vector<int> owners(rows);
        std::uint64_t smallest = rows;
        std::uint64_t largest = 0;
        for (std::uint32_t i = 1; i <= workers; ++i) {
          const Assignment mine =
              make_assignment(config, Rank{static_cast<Rank::rep>(i)}, kSize, 1);
          for (std::uint64_t k = 0; k < mine.pool_count; ++k) {
            ++owners.at(mine.pool_first + k);
          }
          smallest = std::min(smallest, mine.pool_count);
          largest = std::max(largest, mine.pool_count);
        }
        EXPECT_EQ(owners, std::vector<int>(rows, 1)) << rows << " rows, " << workers << " workers";
        EXPECT_LE(largest - smallest, 1U);
      }
    }
  }
}

TEST(PartitionTest, pools_of_several_pieces_are_disjoint_and_cover_all_rows) {
  for (const std::uint64_t rows : {30U, 100U, 1001U}) {
    for (const std::uint32_t workers : {1U, 3U, 7U}) {
      for (const std::uint32_t labels : {1U, 2U, 4U}) {
        const PartitionConfig config{.kind = PartitionKind::ByLabel,
                                     .seed = 5,
                                     .train_rows = rows,
                                     .workers = workers,
                                     .labels_per_worker = labels};
        std::uint64_t next = 0;
        for (std::uint32_t i = 1; i <= workers; ++i) {
          const Assignment mine =
              make_assignment(config, Rank{static_cast<Rank::rep>(i)}, kSize, 1);
          EXPECT_EQ(mine.pools, workers);
          EXPECT_EQ(mine.pieces, labels);
          EXPECT_EQ(mine.pool_first, next);
          // Each piece has rows / pieces of all pools, give or take one.
          EXPECT_NEAR(static_cast<double>(mine.pool_count),
                      static_cast<double>(rows) / static_cast<double>(workers), labels);
          next += mine.pool_count;
        }
        EXPECT_EQ(next, rows);
      }
    }
  }
}

TEST(PartitionTest, private_pools_need_a_row_for_each_of_their_pieces) {
  PartitionConfig config{.train_rows = 100, .workers = 4, .labels_per_worker = 3};
  EXPECT_EQ(config.rows_needed(), 1U);
  config.kind = PartitionKind::Disjoint;
  EXPECT_EQ(config.rows_needed(), 4U);
  config.kind = PartitionKind::ByLabel;
  EXPECT_EQ(config.rows_needed(), 12U);
  config.labels_per_worker = 0;
  EXPECT_EQ(config.rows_needed(), 4U);
}

TEST(PartitionTest, private_pools_are_cut_from_one_order) {
  PartitionConfig config{.kind = PartitionKind::Disjoint, .train_rows = 100, .workers = 4};
  const Assignment first = make_assignment(config, Rank{1}, kSize, 1);
  const Assignment second = make_assignment(config, Rank{2}, kSize, 1);
  EXPECT_EQ(first.order, RowOrder::Shuffled);
  EXPECT_EQ(first.order_seed, second.order_seed);
  config.seed = 2;
  EXPECT_NE(make_assignment(config, Rank{1}, kSize, 1).order_seed, first.order_seed);
}

TEST(PartitionTest, by_label_sorts_the_rows) {
  const PartitionConfig config{.kind = PartitionKind::ByLabel, .train_rows = 100, .workers = 4};
  const Assignment last = make_assignment(config, Rank{4}, kSize, 1);
  EXPECT_EQ(last.order, RowOrder::ByLabel);
  EXPECT_EQ(last.pool_first, 75U);
  EXPECT_EQ(last.pool_count, 25U);
}

TEST(PartitionTest, shared_pool_is_everything_in_an_order_of_ones_own) {
  const PartitionConfig config{.kind = PartitionKind::Shared, .train_rows = 100, .workers = 4};
  std::set<std::uint64_t> orders;
  for (Rank::rep rank = 1; rank <= 4; ++rank) {
    const Assignment mine = make_assignment(config, Rank{rank}, kSize, 1);
    EXPECT_EQ(mine.pool_first, 0U);
    EXPECT_EQ(mine.pool_count, 100U);
    orders.insert(mine.order_seed);
  }
  EXPECT_EQ(orders.size(), 4U);
}

TEST(PartitionTest, shard_is_no_larger_than_its_pool) {
  const PartitionConfig config{.kind = PartitionKind::Disjoint, .train_rows = 100, .workers = 4};
  EXPECT_EQ(make_assignment(config, Rank{1}, kSize, 1).shard_rows, 25U);
  const Assignment small = make_assignment(config, Rank{1}, {.rows = 10, .minibatch = 2}, 3);
  EXPECT_EQ(small.shard_rows, 10U);
  EXPECT_EQ(small.minibatch, 2U);
  EXPECT_EQ(small.generation, 3U);
}

TEST(PartitionDeathTest, there_is_no_worker_zero) {
  EXPECT_DEATH(make_assignment(PartitionConfig{}, kServerRank, kSize, 1), "no such worker");
}

}  // namespace
}  // namespace hermes::protocol
