#include "hermes/data/row_order.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "data/support.hpp"
#include "hermes/core/random.hpp"

namespace hermes::data {
namespace {

using test::data_error;
using testing::HasSubstr;

/// The slow and obvious version of everything here: one entry per row.
std::vector<std::uint64_t> expand(const std::vector<RowRange>& ranges) {
  std::vector<std::uint64_t> rows;
  for (const RowRange& range : ranges) {
    for (std::uint64_t i = 0; i < range.count; ++i) {
      rows.push_back(range.first + i);
    }
  }
  return rows;
}

void expect_sorted_and_joined(const std::vector<RowRange>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    EXPECT_GT(ranges[i].count, 0U);
    if (i > 0) {
      EXPECT_GT(ranges[i].first, ranges[i - 1].first + ranges[i - 1].count);
    }
  }
}

TEST(RowRangeTest, joins_ranges_that_touch_and_drops_empty_ones) {
  const std::vector<RowRange> expected{{0, 5}, {7, 2}};
  EXPECT_EQ(joined({{3, 2}, {7, 2}, {9, 0}, {0, 3}}), expected);
  EXPECT_TRUE(joined({}).empty());
}

TEST(RowOrderTest, block_follows_the_chunks_within_bounds) {
  struct Case {
    std::uint64_t rows, chunk, expected;
  };
  for (const Case& c : {Case{60000, 0, 64},       // contiguous
                        Case{1000, 1000, 64},     // one chunk
                        Case{60000, 167, 167},    // as it is
                        Case{60000, 5, 20},       // whole chunks, at least 16 rows
                        Case{60000, 16, 16},      // the least
                        Case{60000, 1875, 234},   // 256 blocks at least
                        Case{6000, 1000, 64}}) {  // few rows: not less than 64
    EXPECT_EQ(block_rows(c.rows, c.chunk), c.expected) << c.rows << ' ' << c.chunk;
  }
}

TEST(RowOrderTest, validation_and_training_divide_all_rows) {
  RandomStream random(1, RandomPurpose::Test);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t rows = 1 + random.below(500);
    const std::uint64_t validation = random.below(rows);
    const TrainingDivision division = divide_rows(rows, 1 + random.below(70), validation, 5);
    expect_sorted_and_joined(division.validation);
    std::vector<std::uint64_t> all = expand(division.validation);
    EXPECT_EQ(all.size(), validation);
    const std::vector<std::uint64_t> training = expand(division.training);
    all.insert(all.end(), training.begin(), training.end());
    std::ranges::sort(all);
    std::vector<std::uint64_t> expected(rows);
    std::iota(expected.begin(), expected.end(), 0U);
    ASSERT_EQ(all, expected);
  }
}

TEST(RowOrderTest, validation_is_a_choice_of_the_seed) {
  const auto validation = [](std::uint64_t seed) {
    return expand(divide_rows(10000, 64, 500, seed).validation);
  };
  EXPECT_EQ(validation(1), validation(1));
  EXPECT_NE(validation(1), validation(2));
}

TEST(RowOrderTest, refuses_a_validation_that_leaves_nothing_to_train) {
  EXPECT_THAT(data_error([] { divide_rows(100, 64, 100, 1); }),
              HasSubstr("expected fewer than the 100 rows of /train, found 100"));
}

TEST(RowOrderTest, segments_are_the_same_rows_as_in_the_row_by_row_order) {
  RandomStream random(2, RandomPurpose::Test);
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t rows = 2 + random.below(300);
    const TrainingDivision division =
        divide_rows(rows, 1 + random.below(40), random.below(rows), random.next());
    std::vector<RowRange> blocks = division.training;
    const std::uint64_t seed = random.next();
    const RowOrder order = RowOrder::shuffled(blocks, seed);
    RandomStream(seed, RandomPurpose::Assignment).shuffle(std::span<RowRange>(blocks));
    const std::vector<std::uint64_t> line = expand(blocks);
    ASSERT_EQ(order.row_count(), line.size());

    const std::uint64_t first = random.below(3 * line.size());
    const std::uint64_t count = random.below(line.size() + 1);
    std::vector<std::uint64_t> expected;
    for (std::uint64_t k = 0; k < count; ++k) {
      expected.push_back(line[(first + k) % line.size()]);
    }
    std::ranges::sort(expected);
    const std::vector<RowRange> segment = order.rows(first, count);
    expect_sorted_and_joined(segment);
    ASSERT_EQ(expand(segment), expected);
  }
}

TEST(RowOrderTest, neighbouring_segments_are_disjoint_and_cover_everything) {
  const TrainingDivision division = divide_rows(1000, 64, 100, 3);
  const RowOrder order = RowOrder::shuffled(division.training, 9);
  std::multiset<std::uint64_t> seen;
  for (std::uint64_t worker = 0; worker < 4; ++worker) {
    for (const std::uint64_t row : expand(order.rows(7 + worker * 225, 225))) {
      seen.insert(row);
    }
  }
  const std::vector<std::uint64_t> training = expand(division.training);
  EXPECT_TRUE(std::ranges::equal(seen, training));
}

std::vector<std::int32_t> random_labels(std::uint64_t rows, std::uint64_t classes,
                                        std::uint64_t seed) {
  RandomStream random(seed, RandomPurpose::Test);
  std::vector<std::int32_t> labels(rows);
  for (std::int32_t& label : labels) {
    label = static_cast<std::int32_t>(random.below(classes));
  }
  return labels;
}

TEST(RowOrderTest, by_label_pools_are_the_pieces_of_the_stable_sorted_rows) {
  RandomStream random(4, RandomPurpose::Test);
  for (int i = 0; i < 100; ++i) {
    const std::vector<std::int32_t> labels = random_labels(400, 5, random.next());
    const TrainingDivision division = divide_rows(400, 16, random.below(300), 3);
    const LabelPools pools{1 + random.below(9), 1 + random.below(5)};
    const RowOrder order = RowOrder::by_label(division.training, labels, pools, random.next());
    std::vector<std::uint64_t> line = expand(division.training);
    ASSERT_EQ(order.row_count(), line.size());
    std::ranges::stable_sort(line, {}, [&](std::uint64_t row) { return labels[row]; });
    std::vector<std::vector<std::uint64_t>> expected(pools.pools);
    const std::uint64_t all = pools.pools * pools.pieces;
    for (std::uint64_t piece = 0; piece < all; ++piece) {
      for (std::uint64_t at = piece * line.size() / all; at < (piece + 1) * line.size() / all;
           ++at) {
        expected[piece % pools.pools].push_back(line[at]);
      }
    }
    std::uint64_t first = 0;
    for (std::vector<std::uint64_t>& pool : expected) {
      std::ranges::sort(pool);
      ASSERT_EQ(expand(order.rows(first, pool.size())), pool);
      first += pool.size();
    }
  }
}

TEST(RowOrderTest, each_piece_of_sorted_rows_has_few_labels) {
  // 10 classes of 100 rows, 5 pools of 2 pieces: each pool is two whole classes.
  std::vector<std::int32_t> labels(1000);
  for (std::size_t row = 0; row < labels.size(); ++row) {
    labels[row] = static_cast<std::int32_t>(row % 10);
  }
  const TrainingDivision division = divide_rows(1000, 64, 0, 3);
  const RowOrder order = RowOrder::by_label(division.training, labels, {5, 2}, 1);
  for (std::uint64_t pool = 0; pool < 5; ++pool) {
    std::set<std::int32_t> found;
    for (const std::uint64_t row : expand(order.rows(pool * 200, 200))) {
      found.insert(labels[row]);
    }
    const auto label = static_cast<std::int32_t>(pool);
    EXPECT_EQ(found, (std::set<std::int32_t>{label, label + 5}));
  }
}

TEST(RowOrderTest, any_window_of_a_label_pool_is_a_fair_sample_of_it) {
  const std::vector<std::int32_t> labels = random_labels(4000, 2, 6);
  const TrainingDivision division = divide_rows(4000, 64, 0, 3);
  const RowOrder order = RowOrder::by_label(division.training, labels, {1, 1}, 9);
  for (std::uint64_t window = 0; window < 20; ++window) {
    std::uint64_t ones = 0;
    for (const std::uint64_t row : expand(order.rows(window * 200, 200))) {
      ones += labels[row] == 1 ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(ones), 100.0, 35.0) << window;  // five deviations
  }
  EXPECT_NE(order.rows(0, 200),
            RowOrder::by_label(division.training, labels, {1, 1}, 10).rows(0, 200));
}

TEST(RowOrderTest, same_seed_gives_the_same_rows_and_another_seed_others) {
  const TrainingDivision division = divide_rows(5000, 64, 0, 1);
  const auto rows = [&](std::uint64_t seed) {
    return RowOrder::shuffled(division.training, seed).rows(0, 640);
  };
  EXPECT_EQ(rows(1), rows(1));
  EXPECT_NE(rows(1), rows(2));
}

}  // namespace
}  // namespace hermes::data
