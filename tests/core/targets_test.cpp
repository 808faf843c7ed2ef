#include "hermes/core/targets.hpp"

#include <gtest/gtest.h>

namespace hermes {
namespace {

std::vector<std::int32_t> labels_of(const Targets& targets) {
  const auto labels = std::get<std::span<const std::int32_t>>(targets);
  return {labels.begin(), labels.end()};
}

std::vector<float> numbers_of(const Targets& targets) {
  const auto numbers = std::get<std::span<const float>>(targets);
  return {numbers.begin(), numbers.end()};
}

TEST(TargetsTest, rows_of_labels_and_of_numbers_are_found_alike) {
  const std::vector<std::int32_t> labels{5, 6, 7, 8};
  const std::vector<float> numbers{0, 1, 10, 11, 20, 21, 30, 31};
  EXPECT_EQ(labels_of(rows_of(Targets(labels), 4, 1, 2)), (std::vector<std::int32_t>{6, 7}));
  EXPECT_EQ(numbers_of(rows_of(Targets(numbers), 4, 1, 2)), (std::vector<float>{10, 11, 20, 21}));
}

TEST(TargetBufferTest, gathers_what_was_put_in) {
  TargetBuffer labels(0);
  labels.resize(3);
  labels.put(0, 1, std::vector<std::int32_t>{4});
  labels.put(1, 2, std::vector<std::int32_t>{5, 6});
  std::vector<std::int32_t> found(4);
  labels.gather(std::vector<std::uint32_t>{2, 0, 0, 1}, found);
  EXPECT_EQ(found, (std::vector<std::int32_t>{6, 4, 4, 5}));

  TargetBuffer numbers(2);
  numbers.resize(3);
  numbers.put(1, 2, std::vector<float>{10, 11, 20, 21});
  numbers.put(0, 1, std::vector<float>{0, 1});
  std::vector<float> values(4);
  numbers.gather(std::vector<std::uint32_t>{2, 0}, values);
  EXPECT_EQ(values, (std::vector<float>{20, 21, 0, 1}));
  EXPECT_EQ(numbers_of(std::as_const(numbers).rows(1, 1)), (std::vector<float>{10, 11}));
}

TEST(TargetBufferTest, fewer_rows_use_the_same_memory) {
  TargetBuffer numbers(3);
  numbers.resize(100);
  const std::size_t bytes = numbers.bytes();
  EXPECT_EQ(bytes, 100 * 3 * sizeof(float));
  numbers.resize(10);
  EXPECT_EQ(numbers.bytes(), bytes);
  EXPECT_EQ(numbers.row_count(), 10U);
}

TEST(TargetBufferDeathTest, rows_that_are_not_there_are_a_bug) {
  TargetBuffer labels(0);
  labels.resize(3);
  EXPECT_DEATH(labels.rows(2, 2), "not there");
}

}  // namespace
}  // namespace hermes
