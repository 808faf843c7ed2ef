#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "hermes/nn/optimizer_spec.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn::testing {

/// One parameter of a reference optimizer, in double precision; m and v start at zero.
struct ReferenceParameter {
  double w;
  double m = 0.0;
  double v = 0.0;
};

/// Runs an optimizer and `reference(parameter, gradient, learning_rate, step)`, step from 1 on,
/// side by side on the same changing gradients and rates.
inline void expect_follows_reference(
    const OptimizerSpec& spec,
    const std::function<void(ReferenceParameter&, double, double, int)>& reference) {
  constexpr std::size_t kCount = 37;
  std::vector<float> parameters = random_values(kCount, 1);
  std::vector<ReferenceParameter> expected;
  for (const float value : parameters) {
    expected.push_back({static_cast<double>(value)});
  }
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(spec, kCount);
  for (int step = 1; step <= 30; ++step) {
    const std::vector<float> gradients =
        random_values(kCount, 100 + static_cast<std::uint64_t>(step));
    const double rate = 0.05 / step;
    optimizer->step(parameters, gradients, rate);
    for (std::size_t i = 0; i < kCount; ++i) {
      reference(expected[i], static_cast<double>(gradients[i]), rate, step);
      ASSERT_NEAR(parameters[i], expected[i].w, 2e-5) << "step " << step << ", parameter " << i;
    }
  }
  EXPECT_EQ(optimizer->step_count(), 30U);
}

}  // namespace hermes::nn::testing
