#include "nn/kernels/activations.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "hermes/core/simd.hpp"
#include "nn/support/bits.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

using Forward = std::function<void(std::span<const float>, std::span<float>)>;
using Backward =
    std::function<void(std::span<const float>, std::span<const float>, std::span<float>)>;

/// Random numbers with special ones among them.
std::vector<float> inputs(std::size_t count) {
  constexpr float kSpecial[] = {0.0F, -0.0F, kNan, kInfinity, -kInfinity, 1e-42F, -1e-42F};
  std::vector<float> values = testing::random_values(count, 1);
  for (std::size_t i = 0; i < count; i += 3) {
    values[i] = kSpecial[i / 3 % std::size(kSpecial)];
  }
  return values;
}

/// For every instruction set and length, from an unaligned place, to another place and in place.
void expect_equals(const Forward& f, const std::function<float(float)>& expected) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t count : testing::kRowLengths) {
      SCOPED_TRACE(::testing::Message() << to_string(target) << ", " << count << " numbers");
      std::vector<float> x = inputs(count + 1);
      std::vector<float> reference;
      for (const float value : std::span(x).subspan(1)) {
        reference.push_back(expected(value));
      }
      std::vector<float> y(count + 1, 777.0F);
      f(std::span(x).subspan(1), std::span(y).first(count));
      EXPECT_EQ(y.back(), 777.0F) << "written behind the end";
      testing::expect_same_bits(std::span(y).first(count), reference);
      f(std::span(x).subspan(1), std::span(x).subspan(1));
      testing::expect_same_bits(std::span(x).subspan(1), reference);
    }
  }
}

void expect_derivative_equals(const Backward& f,
                              const std::function<float(float, float)>& expected) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t count : testing::kRowLengths) {
      SCOPED_TRACE(::testing::Message() << to_string(target) << ", " << count << " numbers");
      const std::vector<float> y = inputs(count);
      std::vector<float> dy = testing::random_values(count + 1, 2);
      std::vector<float> reference;
      for (std::size_t i = 0; i < count; ++i) {
        reference.push_back(expected(y[i], dy[i + 1]));
      }
      std::vector<float> dx(count);
      f(y, std::span(dy).subspan(1), dx);
      testing::expect_same_bits(dx, reference);
      f(y, std::span(dy).subspan(1), std::span(dy).subspan(1));
      testing::expect_same_bits(std::span(dy).subspan(1), reference);
    }
  }
}

TEST(ActivationKernelTest, relu_keeps_nan_and_both_zeros) {
  expect_equals(relu_forward, [](float x) { return x < 0.0F ? 0.0F : x; });
  expect_derivative_equals(relu_backward, [](float y, float g) { return y > 0.0F ? g : 0.0F; });
}

TEST(ActivationKernelTest, leaky_relu_equals_its_definition) {
  expect_equals([](auto x, auto y) { leaky_relu_forward(0.3F, x, y); },
                [](float x) { return x < 0.0F ? 0.3F * x : x; });
  expect_derivative_equals([](auto y, auto dy, auto dx) { leaky_relu_backward(0.3F, y, dy, dx); },
                           [](float y, float g) { return y > 0.0F ? g : 0.3F * g; });
}

/// The functions with an exponential: near the truth, exact at the ends, NaN stays.
void expect_near(const Forward& f, const std::function<double(double)>& expected) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t count : testing::kRowLengths) {
      std::vector<float> x = inputs(count);
      for (std::size_t i = 1; i < count; i += 5) {
        x[i] *= 40.0F;
      }
      std::vector<float> y(count);
      f(x, y);
      for (std::size_t i = 0; i < count; ++i) {
        const double truth = expected(static_cast<double>(x[i]));
        if (std::isnan(truth)) {
          EXPECT_TRUE(std::isnan(y[i]));
        } else {
          EXPECT_NEAR(y[i], truth, 1e-36 + 5e-7 * std::abs(truth))
              << to_string(target) << ", x = " << x[i];
        }
      }
    }
  }
}

TEST(ActivationKernelTest, sigmoid_and_tanh_are_near_the_truth) {
  expect_near(sigmoid_forward, [](double x) { return 1.0 / (1.0 + std::exp(-x)); });
  expect_near(tanh_forward, [](double x) { return std::tanh(x); });
}

void expect_derivative_near(const Backward& f, const std::function<double(double)>& of_output) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t count : testing::kRowLengths) {
      const std::vector<float> y = testing::random_values(count, 1);
      const std::vector<float> dy = testing::random_values(count, 2);
      std::vector<float> dx(count);
      f(y, dy, dx);
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_NEAR(dx[i], of_output(static_cast<double>(y[i])) * static_cast<double>(dy[i]), 1e-5)
            << to_string(target);
      }
    }
  }
}

TEST(ActivationKernelTest, derivatives_follow_from_the_output) {
  expect_derivative_near(sigmoid_backward, [](double y) { return y * (1.0 - y); });
  expect_derivative_near(tanh_backward, [](double y) { return 1.0 - y * y; });
}

TEST(ActivationKernelTest, dropout_keeps_what_the_mask_says) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const std::size_t count : testing::kRowLengths) {
      const std::vector<float> x = inputs(count);
      std::vector<std::byte> kept(count);
      std::vector<float> expected(count);
      for (std::size_t i = 0; i < count; ++i) {
        kept[i] = std::byte{i * 7 % 5 < 3};
        expected[i] = i * 7 % 5 < 3 ? 1.25F * x[i] : 0.0F;
      }
      std::vector<float> y(count);
      keep_some(kept, 1.25F, x, y);
      testing::expect_same_bits(y, expected);
    }
  }
}

}  // namespace
}  // namespace hermes::nn
