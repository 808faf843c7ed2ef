#include "hermes/core/half.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"

namespace hermes {
namespace {

using Halves = std::vector<std::uint16_t>;
using Floats = std::vector<float>;

/// A 16-bit format, as IEEE 754 describes one: obvious, slow, in double precision.
struct Format {
  int exponent_bits;
  int fraction_bits;

  std::uint32_t infinity() const { return ((1U << exponent_bits) - 1U) << fraction_bits; }

  /// The value of a half without sign, below infinity (or the power of two that would follow).
  double value(std::uint32_t magnitude) const {
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const auto exponent = static_cast<int>(magnitude >> fraction_bits);
    const double fraction = magnitude & ((1U << fraction_bits) - 1U);
    return exponent == 0 ? std::ldexp(fraction, 1 - bias - fraction_bits)
                         : std::ldexp(fraction + std::ldexp(1.0, fraction_bits),
                                      exponent - bias - fraction_bits);
  }

  /// The nearest of all values, the even one of two; what is nearest to the power of two after
  /// the last is infinite.
  std::uint16_t narrow(float number) const {
    const auto bits = std::bit_cast<std::uint32_t>(number);
    const std::uint32_t sign = bits >> 31U << 15U;
    if (std::isnan(number)) {
      const std::uint32_t quiet = 1U << (fraction_bits - 1);
      const std::uint32_t kept = (bits & 0x7FFFFFU) >> (23 - fraction_bits);
      return static_cast<std::uint16_t>(sign | infinity() | quiet | kept);
    }
    const double wanted = std::abs(static_cast<double>(number));
    std::uint32_t low = 0;  // the last value that is not above
    for (std::uint32_t step = 1U << 14U; step > 0; step /= 2) {
      if (low + step <= infinity() && value(low + step) <= wanted) {
        low += step;
      }
    }
    if (low < infinity()) {
      const double below = wanted - value(low);
      const double above = value(low + 1) - wanted;
      low += above < below || (above == below && low % 2 == 1) ? 1 : 0;
    }
    return static_cast<std::uint16_t>(sign | low);
  }

  float widen(std::uint16_t half) const {
    const std::uint32_t magnitude = half & 0x7FFFU;
    if (magnitude > infinity()) {
      const std::uint32_t fraction = (magnitude - infinity()) << (23 - fraction_bits);
      return std::bit_cast<float>((half & 0x8000U) << 16U | 0x7FC00000U | fraction);
    }
    const double number =
        magnitude == infinity() ? std::numeric_limits<double>::infinity() : value(magnitude);
    return static_cast<float>((half & 0x8000U) != 0 ? -number : number);
  }
};

constexpr Format kFp16{5, 10};
constexpr Format kBf16{8, 7};

Halves all_halves() {
  Halves all(65536);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<std::uint16_t>(i);
  }
  return all;
}

/// Every value of the format, every tie between two, their neighbours on both sides, and random
/// bit patterns.
Floats interesting_floats(const Format& format) {
  Floats floats;
  const auto add_around = [&floats](double number) {
    const auto middle = static_cast<float>(number);
    const float infinity = std::numeric_limits<float>::infinity();
    for (const float value :
         {middle, std::nextafter(middle, infinity), std::nextafter(middle, -infinity)}) {
      floats.push_back(value);
      floats.push_back(-value);
    }
  };
  for (std::uint32_t half = 0; half < format.infinity(); ++half) {
    add_around(format.value(half));
    add_around((format.value(half) + format.value(half + 1)) / 2.0);
  }
  RandomStream random(1, RandomPurpose::Test);
  for (int i = 0; i < 200000; ++i) {
    floats.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random.next())));
    floats.push_back(static_cast<float>(random.normal()));
  }
  for (const std::uint32_t bits : {0x7F800000U, 0xFF800000U, 0x7F800001U, 0xFF800001U, 0x7FBFFFFFU,
                                   0x7FC00000U, 0xFFFFFFFFU, 0x7F7FFFFFU, 0x00000001U}) {
    floats.push_back(std::bit_cast<float>(bits));
  }
  return floats;
}

using Narrow = void (*)(std::span<const float>, std::span<std::uint16_t>);
using Widen = void (*)(std::span<const std::uint16_t>, std::span<float>);

class HalfTest : public testing::TestWithParam<SimdTarget> {
 protected:
  static void expect_narrowed(Narrow narrow, const Format& format) {
    const Floats floats = interesting_floats(format);
    Halves halves(floats.size());
    narrow(floats, halves);
    for (std::size_t i = 0; i < floats.size(); ++i) {
      ASSERT_EQ(halves[i], format.narrow(floats[i])) << std::hexfloat << floats[i];
    }
  }

  static void expect_widened(Widen widen, const Format& format) {
    const Halves halves = all_halves();
    Floats floats(halves.size());
    widen(halves, floats);
    for (std::size_t i = 0; i < halves.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(floats[i]),
                std::bit_cast<std::uint32_t>(format.widen(halves[i])))
          << i;
    }
  }

  /// There and back: the same bits, but for the quiet bit of a NaN.
  static void expect_round_trip(Widen widen, Narrow narrow, const Format& format) {
    const Halves halves = all_halves();
    Floats floats(halves.size());
    Halves back(halves.size());
    widen(halves, floats);
    narrow(floats, back);
    for (std::size_t i = 0; i < halves.size(); ++i) {
      const bool is_nan = (i & 0x7FFFU) > format.infinity();
      ASSERT_EQ(back[i], is_nan ? i | 1U << (format.fraction_bits - 1) : i);
    }
  }

 private:
  SimdTargetScope scope_{GetParam()};
};

TEST_P(HalfTest, narrows_to_the_nearest_value_and_to_the_even_one_of_two) {
  expect_narrowed(to_fp16, kFp16);
  expect_narrowed(to_bf16, kBf16);
}

TEST_P(HalfTest, widens_each_of_the_65536_values_exactly) {
  expect_widened(from_fp16, kFp16);
  expect_widened(from_bf16, kBf16);
}

TEST_P(HalfTest, brings_each_of_the_65536_values_back) {
  expect_round_trip(from_fp16, to_fp16, kFp16);
  expect_round_trip(from_bf16, to_bf16, kBf16);
}

TEST_P(HalfTest, any_length_at_any_address_touches_its_own_elements_only) {
  constexpr float kValue = 1.5F;
  constexpr std::uint16_t kUntouched = 0xABCD;
  Floats source(80, kValue);
  for (std::size_t offset = 0; offset < 3; ++offset) {
    for (std::size_t count = 0; count < 70; ++count) {
      for (const auto& [narrow, widen, half] :
           {std::tuple<Narrow, Widen, int>(to_fp16, from_fp16, 0x3E00),
            std::tuple<Narrow, Widen, int>(to_bf16, from_bf16, 0x3FC0)}) {
        Halves halves(80, kUntouched);
        narrow(std::span(source).subspan(offset, count), std::span(halves).subspan(offset, count));
        EXPECT_EQ(std::count(halves.begin(), halves.end(), half), count);
        EXPECT_EQ(std::count(halves.begin() + offset, halves.begin() + offset + count, half),
                  count);
        EXPECT_EQ(std::count(halves.begin(), halves.end(), kUntouched), 80 - count);
        Floats floats(80, -7.0F);
        widen(std::span(halves).subspan(offset, count), std::span(floats).subspan(offset, count));
        EXPECT_EQ(std::count(floats.begin() + offset, floats.begin() + offset + count, kValue),
                  count);
        EXPECT_EQ(std::count(floats.begin(), floats.end(), -7.0F), 80 - count);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryTarget, HalfTest, testing::ValuesIn(supported_simd_targets()),
                         [](const auto& test) { return "target" + std::to_string(test.index); });

TEST(HalfValueTest, some_values_that_everybody_knows) {
  const Floats floats{0.0F, -0.0F, 1.0F, 65504.0F, 65520.0F, 0x1p-24F, 0x1p-25F, -0x1.8p-25F};
  Halves halves(floats.size());
  to_fp16(floats, halves);
  EXPECT_EQ(halves, (Halves{0x0000, 0x8000, 0x3C00, 0x7BFF, 0x7C00, 0x0001, 0x0000, 0x8001}));
  Floats back(floats.size());
  from_fp16(halves, back);
  EXPECT_EQ(back[3], 65504.0F);
  to_bf16(floats, halves);
  EXPECT_EQ(halves, (Halves{0x0000, 0x8000, 0x3F80, 0x4780, 0x4780, 0x3380, 0x3300, 0xB340}));
  from_bf16(halves, back);
  EXPECT_EQ(back[3], 65536.0F);
}

TEST(HalfDeathTest, spans_of_different_sizes_are_a_bug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Halves halves(2);
  EXPECT_DEATH(to_fp16(Floats(3), halves), "sizes differ");
}

}  // namespace
}  // namespace hermes
