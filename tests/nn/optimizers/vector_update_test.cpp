// The optimizers' passes over the buffers: every length, every instruction set, the same bits.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "hermes/core/simd.hpp"
#include "nn/optimizers/adam_update.hpp"
#include "nn/optimizers/sgd_update.hpp"
#include "nn/support/bits.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

/// One weight with what is remembered of it.
struct Weight {
  float value;
  float first;
  float second;
};

using Update = std::function<void(std::span<const float> gradients, std::span<float> first,
                                  std::span<float> second, std::span<float> parameters)>;

/// `expected` is the definition; products in double, so that it is rounded once where the kernels
/// round several times.
void expect_update(const Update& update,
                   const std::function<double(const Weight&, double gradient)>& expected) {
  for (const std::size_t count : testing::kRowLengths) {
    const std::vector<float> gradients = testing::random_values(count, 1);
    const std::vector<float> start = testing::random_values(count, 2);
    const std::vector<float> first_start = testing::random_values(count, 3);
    std::vector<float> second_start = testing::random_values(count, 4);
    for (float& value : second_start) {
      value = std::abs(value);
    }
    std::vector<std::vector<float>> results;
    for (const SimdTarget target : supported_simd_targets()) {
      SCOPED_TRACE(::testing::Message() << to_string(target) << ", " << count << " weights");
      const SimdTargetScope scope(target);
      std::vector<float> first = first_start;
      std::vector<float> second = second_start;
      std::vector<float> unaligned(count + 2, 777.0F);
      const std::span<float> parameters = std::span(unaligned).subspan(1, count);
      std::copy(start.begin(), start.end(), parameters.begin());
      update(gradients, first, second, parameters);
      EXPECT_EQ(unaligned.front(), 777.0F);
      EXPECT_EQ(unaligned.back(), 777.0F);
      for (std::size_t i = 0; i < count; ++i) {
        const double truth = expected({start[i], first_start[i], second_start[i]},
                                      static_cast<double>(gradients[i]));
        EXPECT_NEAR(parameters[i], truth, 1e-6 * (1.0 + std::abs(truth))) << i;
      }
      results.push_back({parameters.begin(), parameters.end()});
      results.back().insert(results.back().end(), first.begin(), first.end());
      results.back().insert(results.back().end(), second.begin(), second.end());
      testing::expect_same_bits(results.back(), results.front());
    }
  }
}

TEST(VectorUpdateTest, sgd_with_and_without_decay) {
  for (const float decay : {0.0F, 0.1F}) {
    const SgdCoefficients coefficients{0.05F, 0.0F, decay, false};
    expect_update(
        [&](auto gradients, auto, auto, auto parameters) {
          sgd_update(coefficients, gradients, parameters);
        },
        [&](const Weight& w, double g) { return w.value - 0.05 * (g + decay * w.value); });
  }
}

TEST(VectorUpdateTest, sgd_with_momentum_and_nesterov) {
  for (const bool nesterov : {false, true}) {
    const SgdCoefficients coefficients{0.05F, 0.9F, 0.1F, nesterov};
    expect_update(
        [&](auto gradients, auto velocity, auto, auto parameters) {
          sgd_update(coefficients, gradients, velocity, parameters);
        },
        [&](const Weight& w, double gradient) {
          const double g = gradient + 0.1 * w.value;
          const double v = 0.9 * w.first + g;
          return w.value - 0.05 * (nesterov ? g + 0.9 * v : v);
        });
  }
}

TEST(VectorUpdateTest, adam_with_both_kinds_of_weight_decay) {
  for (const WeightDecay decay : {WeightDecay::InGradient, WeightDecay::Decoupled}) {
    const AdamFactors factors = adam_factors({0.9, 0.99, 1e-8, 0.1}, decay, 3, 0.05);
    expect_update(
        [&](auto gradients, auto first, auto second, auto parameters) {
          adam_update(factors, gradients, first, second, parameters);
        },
        [&](const Weight& w, double gradient) {
          const bool decoupled = decay == WeightDecay::Decoupled;
          const double g = decoupled ? gradient : gradient + 0.1 * w.value;
          const double m = 0.9 * w.first + 0.1 * g;
          const double v = 0.99 * w.second + 0.01 * g * g;
          const double root = std::sqrt(v / (1.0 - std::pow(0.99, 3))) + 1e-8;
          const double kept = decoupled ? (1.0 - 0.05 * 0.1) * w.value : w.value;
          return kept - 0.05 * (m / (1.0 - std::pow(0.9, 3))) / root;
        });
  }
}

}  // namespace
}  // namespace hermes::nn
