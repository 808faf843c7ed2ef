#pragma once

#include <span>

#include "hermes/protocol/strategies/merge_rules.hpp"

/// The loops of the merge rules, compiled for each instruction set. Sums are double: rounding to
/// float happens once, at the end. All spans of one call have the same size; `out` may be one of
/// the inputs, never a shifted overlap.
namespace hermes::protocol {

/// out = sum of weight values, in double. A lone term of weight 1 comes out bit for bit. Requires:
/// at least one term.
void weighted_sum(std::span<const WeightedValues> terms, std::span<float> out);
void weighted_sum(std::span<const WeightedValues> terms, std::span<double> out);
/// Running statistics, the last values of a model: old + share (pushed - old), as a mean with
/// weights that are not negative. A share of 1 takes what was pushed, bit for bit.
void blend_statistics(const MergeInput& input, std::span<const float> old,
                      const SharedParameters& pushed, double share, std::span<float> merged);
/// out = x + y, in float: rounded once, as a sum in double would be
void add(std::span<const float> x, std::span<const float> y, std::span<float> out);
/// out = model + rate delta
void step_along(double rate, std::span<const double> delta, std::span<const float> model,
                std::span<float> out);
/// mean = keep mean + delta;  out = model + of_delta delta + of_mean mean
struct MomentumStep {
  double keep = 0.0;
  double of_delta = 0.0;
  double of_mean = 0.0;
};
void step_with_momentum(const MomentumStep& step, std::span<const double> delta,
                        std::span<float> mean, std::span<const float> model, std::span<float> out);
/// out = keep old + take (initial + displacement), in float
void mix(float keep, std::span<const float> old, float take, std::span<const float> initial,
         std::span<const float> displacement, std::span<float> out);

}  // namespace hermes::protocol
