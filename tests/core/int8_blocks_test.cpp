#include "hermes/core/int8_blocks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"

namespace hermes {
namespace {

using Floats = std::vector<float>;

struct Blocks {
  Floats scales;
  std::vector<std::int8_t> numbers;

  friend bool operator==(const Blocks& a, const Blocks& b) {
    const auto bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
    return std::ranges::equal(a.scales, b.scales, {}, bits, bits) && a.numbers == b.numbers;
  }
};

Blocks narrowed(const Floats& values) {
  Blocks blocks{Floats(int8_block_count(values.size())), std::vector<std::int8_t>(values.size())};
  to_int8_blocks(values, blocks.scales, blocks.numbers);
  return blocks;
}

Floats widened(const Blocks& blocks) {
  Floats values(blocks.numbers.size());
  from_int8_blocks(blocks.scales, blocks.numbers, values);
  return values;
}

/// Blocks of every magnitude, some with values of very different size.
Floats random_values(RandomStream& random, std::size_t count) {
  Floats values(count);
  const int exponent = static_cast<int>(random.below(220)) - 95;
  const bool is_wild = random.below(2) == 0;
  for (float& value : values) {
    const double spread = is_wild ? -10.0 * random.uniform() : 0.0;
    value = static_cast<float>(std::ldexp(random.normal() * std::pow(10.0, spread), exponent));
  }
  return values;
}

class Int8BlocksTest : public testing::TestWithParam<SimdTarget> {
 private:
  SimdTargetScope scope_{GetParam()};
};

TEST_P(Int8BlocksTest, a_value_goes_to_the_nearest_multiple_of_its_blocks_scale) {
  RandomStream random(1, RandomPurpose::Test);
  for (int run = 0; run < 2000; ++run) {
    const Floats values = random_values(random, 1 + random.below(300));
    const Blocks blocks = narrowed(values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t block = i / kInt8Block;
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(block * kInt8Block);
      const auto end = begin + std::min<std::ptrdiff_t>(kInt8Block, values.end() - begin);
      double largest = 0.0;
      std::for_each(begin, end, [&](float x) {
        largest = std::max(largest, std::abs(static_cast<double>(x)));
      });
      const double scale = static_cast<double>(blocks.scales[block]);
      // 17 bits, rounded up; so the largest is 127 of them.
      ASSERT_EQ(std::bit_cast<std::uint32_t>(blocks.scales[block]) & 0x7FU, 0U);
      ASSERT_GE(scale * (1.0 + 0x1p-23), largest / 127.0);
      ASSERT_LE(scale, largest / 127.0 * (1.0 + 0x1p-16));
      const double exact = static_cast<double>(values[i]) / scale;
      ASSERT_LE(std::abs(exact - blocks.numbers[i]), 0.5 + 1e-4) << std::hexfloat << values[i];
      ASSERT_GE(blocks.numbers[i], -127);
      if (std::abs(static_cast<double>(values[i])) == largest) {
        ASSERT_EQ(std::abs(blocks.numbers[i]), 127);
      }
    }
  }
}

TEST_P(Int8BlocksTest, ties_go_to_the_even_number) {
  Floats values{127.0F, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F, 126.5F, 0.49999997F, -0.0F};
  values.resize(kInt8Block, 0.0F);  // a whole block: vectors; then a short one: the definition
  values.insert(values.end(), values.begin(), values.begin() + 10);
  const Blocks blocks = narrowed(values);
  for (const std::size_t first : {std::size_t{0}, kInt8Block}) {
    const auto begin = blocks.numbers.begin() + static_cast<std::ptrdiff_t>(first);
    EXPECT_EQ(std::vector<int>(begin, begin + 10),
              (std::vector<int>{127, 0, 2, 2, 0, -2, -2, 126, 0, 0}));
  }
}

TEST_P(Int8BlocksTest, what_came_back_goes_out_with_the_same_bits_again) {
  RandomStream random(2, RandomPurpose::Test);
  for (int run = 0; run < 2000; ++run) {
    const Blocks blocks = narrowed(random_values(random, 1 + random.below(300)));
    ASSERT_EQ(narrowed(widened(blocks)), blocks);
  }
}

TEST_P(Int8BlocksTest, each_number_with_many_scales_comes_back_exactly) {
  RandomStream random(3, RandomPurpose::Test);
  for (int run = 0; run < 2000; ++run) {
    const auto significand = static_cast<float>((1U << 16U) + random.below(1U << 16U));
    const float scale = std::ldexp(significand, static_cast<int>(random.below(180)) - 110);
    Blocks blocks{{scale, scale}, {}};
    for (int number = -127; number <= 127; ++number) {
      blocks.numbers.push_back(static_cast<std::int8_t>(number));
    }
    const Floats values = widened(blocks);
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(static_cast<double>(values[i]),
                static_cast<double>(scale) * static_cast<double>(blocks.numbers[i]));
    }
    ASSERT_EQ(narrowed(values), blocks);
  }
}

TEST_P(Int8BlocksTest, all_targets_give_the_bits_of_the_portable_one) {
  RandomStream random(4, RandomPurpose::Test);
  for (int run = 0; run < 1000; ++run) {
    Floats values = random_values(random, 1 + random.below(600));
    if (run % 2 == 0) {
      std::ranges::generate(
          values, [&] { return std::bit_cast<float>(static_cast<std::uint32_t>(random.next())); });
    }
    const Blocks blocks = narrowed(values);
    const Floats back = widened(blocks);
    const SimdTargetScope portable(SimdTarget::Portable);
    ASSERT_EQ(narrowed(values), blocks);
    const Floats expected = widened(blocks);
    for (std::size_t i = 0; i < back.size(); ++i) {
      ASSERT_TRUE(back[i] == expected[i] || (std::isnan(back[i]) && std::isnan(expected[i])));
    }
  }
}

TEST_P(Int8BlocksTest, a_block_with_nothing_that_counts_is_zero) {
  for (const float tiny : {0.0F, -0.0F, 0x1p-149F, -0x1.fffffep-101F}) {
    const Blocks blocks = narrowed(Floats(200, tiny));
    EXPECT_EQ(blocks, (Blocks{{0.0F, 0.0F}, std::vector<std::int8_t>(200, 0)}));
  }
  EXPECT_EQ(narrowed(Floats(200, 0x1p-100F)).numbers, std::vector<std::int8_t>(200, 127));
}

TEST_P(Int8BlocksTest, what_cannot_be_told_makes_its_own_block_nan) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity(), -0x1p127F}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{130}, std::size_t{299}}) {
      Floats values(300, 1.0F);
      values[at] = bad;
      const Floats back = widened(narrowed(values));
      for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(std::isnan(back[i]), i / kInt8Block == at / kInt8Block) << i;
      }
    }
  }
  const float largest = std::nextafter(0x1p127F, 0.0F);
  EXPECT_TRUE(std::isfinite(widened(narrowed({largest, -largest}))[1]));
}

TEST_P(Int8BlocksTest, any_length_at_any_address_touches_its_own_elements_only) {
  const Floats source(400, 1.5F);
  for (std::size_t offset = 0; offset < 3; ++offset) {
    for (const std::size_t count : {0U, 1U, 5U, 127U, 128U, 129U, 256U, 300U}) {
      const std::size_t scale_count = int8_block_count(count);
      Floats scales(10, -7.0F);
      std::vector<std::int8_t> numbers(400, 11);
      to_int8_blocks(std::span(source).subspan(offset, count),
                     std::span(scales).subspan(1, scale_count),
                     std::span(numbers).subspan(offset, count));
      EXPECT_EQ(std::ranges::count(numbers, 127), static_cast<std::ptrdiff_t>(count));
      EXPECT_EQ(std::ranges::count(numbers, 11), static_cast<std::ptrdiff_t>(400 - count));
      EXPECT_EQ(std::ranges::count(scales, -7.0F), static_cast<std::ptrdiff_t>(10 - scale_count));
      Floats values(400, -7.0F);
      from_int8_blocks(std::span(scales).subspan(1, scale_count),
                       std::span(numbers).subspan(offset, count),
                       std::span(values).subspan(offset, count));
      EXPECT_EQ(std::ranges::count(values, -7.0F), static_cast<std::ptrdiff_t>(400 - count));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryTarget, Int8BlocksTest, testing::ValuesIn(supported_simd_targets()),
                         [](const auto& test) { return "target" + std::to_string(test.index); });

TEST(Int8BlocksDeathTest, spans_that_do_not_fit_together_are_a_bug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Floats values(129);
  Floats scales(1);
  std::vector<std::int8_t> numbers(129);
  EXPECT_DEATH(to_int8_blocks(values, scales, numbers), "sizes differ");
  EXPECT_DEATH(from_int8_blocks(scales, numbers, values), "sizes differ");
}

}  // namespace
}  // namespace hermes
