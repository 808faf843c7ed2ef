#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hermes::nn {

/// The numbers that Adam and AdamW have in common.
struct AdamCoefficients {
  double beta1;
  double beta2;
  double epsilon;
  double weight_decay;
};

/// Throws ConfigError for a coefficient out of range.
void validate(const AdamCoefficients& coefficients);

enum class WeightDecay { InGradient, Decoupled };

/// One step, number `step` (the first is 1), of Kingma & Ba 2015, Algorithm 1, with the bias
/// corrections written as PyTorch does: epsilon is added to the corrected root.
void adam_update(const AdamCoefficients& coefficients, WeightDecay decay, std::uint64_t step,
                 double learning_rate, std::span<const float> gradients, std::span<float> first,
                 std::span<float> second, std::span<float> parameters);

}  // namespace hermes::nn
