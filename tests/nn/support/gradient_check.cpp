#include "nn/support/gradient_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nn/support/layer_harness.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn::testing {

void expect_gradients_match(const std::string& what, std::span<float> values,
                            std::span<const float> analytic, const std::function<double()>& f,
                            const DifferenceOptions& options) {
  ASSERT_EQ(values.size(), analytic.size()) << what;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float original = values[i];
    const float above = original + options.step;
    const float below = original - options.step;
    values[i] = above;
    const double f_above = f();
    values[i] = below;
    const double f_below = f();
    values[i] = original;
    // The distance of the two as they were rounded.
    const double distance = static_cast<double>(above) - static_cast<double>(below);
    const double numeric = (f_above - f_below) / distance;
    ASSERT_NEAR(analytic[i], numeric, options.tolerance * std::max(1.0, std::abs(numeric)))
        << what << ", element " << i;
  }
}

void expect_gradients_match(const LayerSpec& spec, const Shape& input, std::size_t batch,
                            const DifferenceOptions& options) {
  LayerHarness harness(spec, input, batch);
  harness.parameters = random_values(harness.parameters.size(), 11);
  std::vector<float> x = distinct_values(harness.input_size(), 0.04F, 12);
  const std::vector<float> direction = random_values(harness.output_size(), 13);
  const RandomStream masks = harness.random;

  harness.forward(x);
  const std::vector<float> input_gradient = harness.backward(direction);
  const std::vector<float> parameter_gradient = harness.gradients;
  const auto f = [&] {
    harness.random = masks;  // the same dropout in every call
    const std::vector<float> y = harness.forward(x);
    return std::inner_product(y.begin(), y.end(), direction.begin(), 0.0, std::plus<>(),
                              [](double a, double b) { return a * b; });
  };
  const std::string what =
      std::string(type_name(spec)) + " on " + to_string(input) + ", batch " + std::to_string(batch);
  expect_gradients_match(what + ", input", x, input_gradient, f, options);
  expect_gradients_match(what + ", parameters", harness.parameters, parameter_gradient, f, options);
}

std::vector<float> distinct_values(std::size_t count, float spacing, std::uint64_t seed) {
  std::vector<float> values(count);
  // An offset of a quarter: neither 0 nor the negative of another value.
  const float middle = static_cast<float>(count / 2) - 0.25F;
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = spacing * (static_cast<float>(i) - middle);
  }
  RandomStream random(seed, RandomPurpose::Test);
  random.shuffle(std::span<float>(values));
  return values;
}

}  // namespace hermes::nn::testing
