#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace hermes::nn::testing {

/// Equal bit by bit (+0 is not -0), except that every NaN equals every NaN.
inline void expect_same_bits(std::span<const float> found, std::span<const float> expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (std::isnan(found[i]) && std::isnan(expected[i])) {
      continue;
    }
    ASSERT_EQ(std::bit_cast<std::uint32_t>(found[i]), std::bit_cast<std::uint32_t>(expected[i]))
        << "element " << i << ": found " << found[i] << ", expected " << expected[i];
  }
}

/// Row lengths around every number of lanes there is.
constexpr std::size_t kRowLengths[] = {0,  1,  2,  3,  4,  5,  7,  8,  9,
                                       15, 16, 17, 23, 31, 32, 33, 67, 131};

}  // namespace hermes::nn::testing
