#include "data/interleave.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"

namespace hermes::data {
namespace {

template <class T>
void expect_equals_plain_loop(std::size_t channels, std::size_t positions) {
  RandomStream random(positions, RandomPurpose::Test);
  std::vector<T> in(channels * positions + 1);  // unaligned
  for (T& value : in) {
    value = static_cast<T>(random.below(256));
  }
  std::vector<T> out(channels * positions + 1, T{77});
  interleave(in.data() + 1, channels, positions, out.data());
  EXPECT_EQ(out.back(), T{77}) << "written behind the end";
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t i = 0; i < positions; ++i) {
      ASSERT_EQ(out[i * channels + channel], in[1 + channel * positions + i])
          << channel << ' ' << i;
    }
  }
}

TEST(InterleaveTest, equals_a_plain_loop_on_every_instruction_set) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t channels : {1U, 2U, 3U, 4U, 5U}) {
      for (const std::size_t positions :
           {0U, 1U, 3U, 4U, 7U, 15U, 16U, 17U, 31U, 33U, 63U, 64U, 65U, 784U, 1024U}) {
        SCOPED_TRACE(::testing::Message() << to_string(target) << ", " << channels << " channels, "
                                          << positions << " positions");
        expect_equals_plain_loop<std::uint8_t>(channels, positions);
        expect_equals_plain_loop<float>(channels, positions);
      }
    }
  }
}

}  // namespace
}  // namespace hermes::data
