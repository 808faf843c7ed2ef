#include "nn/kernels/max_pool.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"
#include "nn/support/bits.hpp"

namespace hermes::nn {
namespace {

/// Few different values, so that ties, both zeros and NaN meet in every window.
std::vector<float> awkward_values(std::size_t count, std::uint64_t seed) {
  constexpr float kValues[] = {-2.0F, -1.0F, -0.0F, 0.0F, 1.0F, 2.0F, 2.5F};
  RandomStream random(seed, RandomPurpose::Test);
  std::vector<float> values(count);
  for (float& value : values) {
    value = random.below(40) == 0 ? std::numeric_limits<float>::quiet_NaN()
                                  : kValues[random.below(std::size(kValues))];
  }
  return values;
}

struct Result {
  std::vector<float> y;
  std::vector<float> dx;
};

/// Plain loops; with ReLU in three steps: rectify, pool, cut the gradient where nothing came out.
Result slow_pool(const Pool2dGeometry& geometry, bool has_relu, std::size_t batch,
                 std::vector<float> x, const std::vector<float>& dy) {
  if (has_relu) {
    for (float& value : x) {
      value = value < 0.0F ? 0.0F : value;
    }
  }
  Result result{std::vector<float>(dy.size()), std::vector<float>(x.size(), 0.0F)};
  const Shape& in = geometry.input;
  std::size_t out = 0;
  for (std::size_t n = 0; n < batch; ++n) {
    for (std::size_t h = 0; h < geometry.output.height; ++h) {
      for (std::size_t w = 0; w < geometry.output.width; ++w) {
        for (std::size_t c = 0; c < in.channels; ++c, ++out) {
          const auto place = [&](std::size_t row, std::size_t column) {
            return ((n * in.height + h * geometry.stride + row) * in.width + w * geometry.stride +
                    column) *
                       in.channels +
                   c;
          };
          std::size_t best = place(0, 0);
          for (std::size_t i = 1; i < geometry.size * geometry.size; ++i) {
            const std::size_t other = place(i / geometry.size, i % geometry.size);
            best = x[other] > x[best] || std::isnan(x[other]) ? other : best;
          }
          result.y[out] = x[best];
          result.dx[best] += dy[out];
        }
      }
    }
  }
  for (std::size_t i = 0; has_relu && i < x.size(); ++i) {
    result.dx[i] = x[i] > 0.0F ? result.dx[i] : 0.0F;
  }
  return result;
}

void expect_equals_plain_loops(const Pool2dGeometry& geometry, bool has_relu) {
  constexpr std::size_t kBatch = 2;
  const std::vector<float> x = awkward_values(kBatch * geometry.input.size(), 1);
  std::vector<float> dy(kBatch * geometry.output.size());
  for (std::size_t i = 0; i < dy.size(); ++i) {
    dy[i] = static_cast<float>(i % 97) - 40.5F;
  }
  // One float before the data, so that nothing is aligned.
  std::vector<float> unaligned(x.size() + 1);
  std::copy(x.begin(), x.end(), unaligned.begin() + 1);
  Result found{std::vector<float>(dy.size()), std::vector<float>(x.size(), 777.0F)};
  std::vector<std::byte> winners(dy.size() * max_pool_winner_bytes(geometry));
  max_pool_forward(geometry, has_relu,
                   ConstTensorView::contiguous(unaligned.data() + 1, kBatch, geometry.input),
                   TensorView::contiguous(found.y.data(), kBatch, geometry.output), winners);
  max_pool_backward(geometry, winners,
                    ConstTensorView::contiguous(dy.data(), kBatch, geometry.output),
                    TensorView::contiguous(found.dx.data(), kBatch, geometry.input));
  const Result expected = slow_pool(geometry, has_relu, kBatch, x, dy);
  testing::expect_same_bits(found.y, expected.y);
  testing::expect_same_bits(found.dx, expected.dx);
}

TEST(MaxPoolKernelTest, equals_plain_loops_on_every_instruction_set) {
  struct Window {
    std::size_t size;
    std::size_t stride;
    std::size_t height;
    std::size_t width;
  };
  constexpr Window kWindows[] = {
      {2, 2, 4, 6},     // tiles the image
      {2, 2, 5, 7},     // leaves a rest
      {3, 3, 6, 3},     // another tile
      {3, 2, 7, 5},     // overlaps
      {2, 1, 3, 4},     // overlaps
      {2, 3, 5, 8},     // gaps
      {1, 1, 2, 3},     // the image itself
      {16, 16, 16, 16}  // winners of two bytes
  };
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const Window& window : kWindows) {
      for (const std::size_t channels : {1U, 3U, 4U, 5U, 8U, 15U, 16U, 17U, 33U}) {
        for (const bool has_relu : {false, true}) {
          SCOPED_TRACE(::testing::Message()
                       << to_string(target) << ", window " << window.size << ", stride "
                       << window.stride << ", channels " << channels << ", relu " << has_relu);
          expect_equals_plain_loops(
              make_pool2d_geometry(window.size, window.stride,
                                   Shape::image(channels, window.height, window.width)),
              has_relu);
        }
      }
    }
  }
}

}  // namespace
}  // namespace hermes::nn
