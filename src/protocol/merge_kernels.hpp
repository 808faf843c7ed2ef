#pragma once

#include <span>

/// The loops of the merge rules, compiled for each instruction set. Sums are double: rounding to
/// float happens once, at the end. All spans of one call have the same size; `out` may be one of
/// the inputs, never a shifted overlap.
namespace hermes::protocol {

/// sums = weight x
void scale(double weight, std::span<const float> x, std::span<double> sums);
/// sums += weight x
void add_scaled(double weight, std::span<const float> x, std::span<double> sums);
/// out = sums
void round_to(std::span<const double> sums, std::span<float> out);
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
