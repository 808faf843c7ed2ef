#include "hermes/data/normalization.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"

namespace hermes::data {
namespace {

DatasetInfo info_of(const FeatureShape& shape, std::size_t values) {
  DatasetInfo info;
  info.features = shape;
  for (std::size_t i = 0; i < values; ++i) {
    info.mean.push_back(0.25F + static_cast<float>(i % 13));
    info.scale.push_back(1.0F / (3.0F + static_cast<float>(i % 7)));
  }
  return info;
}

template <class T>
void expect_equals_plain_loop(const DatasetInfo& info) {
  const Normalization normalization(info);
  EXPECT_LE(normalization.bytes(), Normalization::bytes_of(info));
  const std::size_t size = info.features.size();
  RandomStream random(size, RandomPurpose::Test);
  std::vector<T> in(size + 1);  // unaligned
  for (T& value : in) {
    value = static_cast<T>(random.below(256));
  }
  std::vector<float> out(size + 1, 777.0F);
  normalization.apply(std::span<const T>(in).subspan(1), std::span(out).first(size));
  EXPECT_EQ(out.back(), 777.0F) << "written behind the end";
  for (std::size_t i = 0; i < size; ++i) {
    const float mean = info.mean[i % info.mean.size()];
    const float scale = info.scale[i % info.scale.size()];
    ASSERT_EQ(out[i], (static_cast<float>(in[i + 1]) - mean) * scale) << i;
  }
}

TEST(NormalizationTest, equals_a_plain_loop_on_every_instruction_set) {
  std::vector<DatasetInfo> infos;
  for (const std::size_t side : {1U, 2U, 3U, 4U, 7U, 15U, 28U, 33U}) {
    for (const std::size_t channels : {1U, 2U, 3U, 4U, 17U}) {
      infos.push_back(info_of({channels, side, side, false}, channels));
    }
  }
  for (const std::size_t features : {1U, 5U, 15U, 16U, 17U, 784U, 1030U}) {
    infos.push_back(info_of({features, 1, 1, true}, features));
  }
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const DatasetInfo& info : infos) {
      SCOPED_TRACE(::testing::Message() << to_string(target) << ", " << info.features.channels
                                        << " channels, height " << info.features.height);
      expect_equals_plain_loop<std::uint8_t>(info);
      expect_equals_plain_loop<float>(info);
    }
  }
}

TEST(NormalizationTest, the_table_stays_small_for_large_images) {
  EXPECT_LE(Normalization::bytes_of(info_of({3, 512, 512, false}, 3)), 8192U);
}

}  // namespace
}  // namespace hermes::data
