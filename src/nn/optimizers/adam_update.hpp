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

enum class WeightDecay { None, InGradient, Decoupled };

/// What the numbers of a run come to in one step.
struct AdamFactors {
  float beta1;
  float rest1;  ///< 1 - beta1
  float beta2;
  float rest2;
  float in_gradient;  ///< weight decay that is part of the gradient (Adam)
  float shrink;       ///< weight decay that is not (AdamW): the factor of the parameters
  float rate;         ///< learning rate / bias correction of the first moment
  float root_scale;   ///< 1 / root of the bias correction of the second moment
  float epsilon;
};

/// For step number `step`; the first is 1.
AdamFactors adam_factors(const AdamCoefficients& coefficients, WeightDecay decay,
                         std::uint64_t step, double learning_rate);

/// One step of Kingma & Ba 2015, Algorithm 1, in one pass, with the bias corrections written as
/// PyTorch does: epsilon is added to the corrected root. The same bits on every instruction set:
/// products and sums are rounded one by one.
void adam_update(const AdamFactors& factors, std::span<const float> gradients,
                 std::span<float> first, std::span<float> second, std::span<float> parameters);

}  // namespace hermes::nn
