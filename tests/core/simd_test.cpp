#include "hermes/core/simd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace hermes {
namespace {

TEST(SimdTest, the_best_supported_target_is_in_use_and_none_is_named_twice) {
  const auto supported = supported_simd_targets();
  ASSERT_FALSE(supported.empty());
  EXPECT_EQ(simd_target(), supported.front());
  std::set<std::string_view> names;
  for (const SimdTarget target : supported) {
    EXPECT_TRUE(names.insert(to_string(target)).second) << to_string(target);
  }
}

TEST(SimdTest, a_scope_changes_the_target_and_gives_it_back) {
  const SimdTarget best = simd_target();
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    EXPECT_EQ(simd_target(), target) << to_string(target);
  }
  EXPECT_EQ(simd_target(), best);
}

#if defined(__x86_64__)
TEST(SimdTest, an_x86_binary_has_portable_kernels_and_those_of_this_processor) {
  const auto supported = supported_simd_targets();
  EXPECT_THAT(supported, ::testing::Contains(SimdTarget::Portable));
  EXPECT_EQ(std::ranges::count(supported, SimdTarget::Avx2),
            __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 1 : 0);
}
#endif

}  // namespace
}  // namespace hermes
