// Every instruction set of this machine against plain loops.
#include "protocol/merge_kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"

namespace hermes::protocol {
namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

/// Lengths around every width of vectors, and of four of them.
constexpr std::size_t kLengths[] = {0, 1, 3, 8, 15, 16, 31, 32, 33, 63, 64, 65, 130};

class MergeKernelsTest : public testing::TestWithParam<SimdTarget> {
 protected:
  template <class Values = Floats>
  Values random_values(std::size_t count) {
    Values values(count);
    for (auto& value : values) {
      value = static_cast<typename Values::value_type>(random_.normal());
    }
    return values;
  }

 private:
  RandomStream random_{1, RandomPurpose::Test};
  SimdTargetScope scope_{GetParam()};
};

TEST_P(MergeKernelsTest, weighted_sums_are_those_of_a_plain_loop) {
  for (const std::size_t count : kLengths) {
    for (std::size_t terms = 1; terms <= 5; ++terms) {
      std::vector<Floats> values;
      std::vector<WeightedValues> weighted;
      for (std::size_t k = 0; k < terms; ++k) {
        values.push_back(random_values(count));
        weighted.push_back({0.1 * static_cast<double>(k + 1), values.back().data()});
      }
      Floats in_float(count);
      Doubles in_double(count);
      weighted_sum(weighted, in_float);
      weighted_sum(weighted, in_double);
      for (std::size_t i = 0; i < count; ++i) {
        double sum = 0.0;
        for (const WeightedValues& term : weighted) {
          sum += term.weight * static_cast<double>(term.values[i]);
        }
        ASSERT_NEAR(in_double[i], sum, 1e-15 * static_cast<double>(terms) * 4.0) << i;
        ASSERT_FLOAT_EQ(in_float[i], static_cast<float>(sum)) << i;
      }
    }
  }
}

TEST_P(MergeKernelsTest, a_lone_term_keeps_its_bits) {
  const Floats values{-0.0F, 0.0F, 1e-45F, 3.4e38F, -1.5F};
  for (const std::size_t repeat : {1U, 20U}) {
    Floats x;
    for (std::size_t k = 0; k < repeat; ++k) {
      x.insert(x.end(), values.begin(), values.end());
    }
    Floats out(x.size(), 7.0F);
    weighted_sum(std::vector<WeightedValues>{{1.0, x.data()}}, out);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(out[i], x[i]);
      ASSERT_EQ(std::signbit(out[i]), std::signbit(x[i]));
    }
  }
}

TEST_P(MergeKernelsTest, steps_are_those_of_a_plain_loop_in_place_or_not) {
  constexpr MomentumStep kStep{.keep = 0.9, .of_delta = 0.25, .of_mean = 0.5};
  for (const std::size_t count : kLengths) {
    const Floats model = random_values(count);
    const Floats other = random_values(count);
    const Floats initial = random_values(count);
    const Doubles delta = random_values<Doubles>(count);
    const Floats old_mean = random_values(count);
    Floats mean = old_mean;
    Floats sum(count);
    Floats stepped = model;
    Floats moved = model;
    Floats mixed = model;
    add(model, other, sum);
    step_along(0.3, delta, stepped, stepped);
    step_with_momentum(kStep, delta, mean, moved, moved);
    mix(0.75F, mixed, 0.25F, initial, other, mixed);
    for (std::size_t i = 0; i < count; ++i) {
      const auto w = static_cast<double>(model[i]);
      const double m = 0.9 * static_cast<double>(old_mean[i]) + delta[i];
      ASSERT_EQ(sum[i], model[i] + other[i]);
      ASSERT_NEAR(stepped[i], w + 0.3 * delta[i], 1e-6);
      ASSERT_NEAR(mean[i], m, 1e-6);
      ASSERT_NEAR(moved[i], w + 0.25 * delta[i] + 0.5 * m, 1e-6);
      ASSERT_NEAR(mixed[i], 0.75F * model[i] + 0.25F * (initial[i] + other[i]), 1e-6);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryTarget, MergeKernelsTest, testing::ValuesIn(supported_simd_targets()),
                         [](const auto& test) { return "target" + std::to_string(test.index); });

}  // namespace
}  // namespace hermes::protocol
