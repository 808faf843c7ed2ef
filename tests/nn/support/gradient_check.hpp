#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "hermes/nn/layer_spec.hpp"

namespace hermes::nn::testing {

/// How central differences are taken. The layers compute in single precision, so the step is
/// large; sums are in double precision.
struct DifferenceOptions {
  float step = 0.01F;
  double tolerance = 2e-3;  ///< absolute up to 1, relative above
};

/// Expects d f / d values[i] = analytic[i] for every i; f is evaluated with `values` changed.
void expect_gradients_match(const std::string& what, std::span<float> values,
                            std::span<const float> analytic, const std::function<double()>& f,
                            const DifferenceOptions& options = {});

/// The same for a layer, by its parameters and by its input, for a random linear function of its
/// output. Inputs keep a distance from 0 and from each other, so that no kink lies within a step.
void expect_gradients_match(const LayerSpec& spec, const Shape& input, std::size_t batch,
                            const DifferenceOptions& options = {});

/// `count` numbers in random order, symmetric about 0, `spacing` apart, none 0.
std::vector<float> distinct_values(std::size_t count, float spacing, std::uint64_t seed);

}  // namespace hermes::nn::testing
