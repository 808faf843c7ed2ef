#include "adam_update.hpp"

#include <cmath>

#include "../spec_check.hpp"

namespace hermes::nn {

void validate(const AdamCoefficients& coefficients) {
  require_in_half_open("beta1", coefficients.beta1, 0.0, 1.0);
  require_in_half_open("beta2", coefficients.beta2, 0.0, 1.0);
  require_positive("epsilon", coefficients.epsilon);
  require_in_closed("weight_decay", coefficients.weight_decay, 0.0, 1e6);
}

void adam_update(const AdamCoefficients& coefficients, WeightDecay decay, std::uint64_t step,
                 double learning_rate, std::span<const float> gradients, std::span<float> first,
                 std::span<float> second, std::span<float> parameters) {
  const auto number = static_cast<double>(step);
  const double correction1 = 1.0 - std::pow(coefficients.beta1, number);
  const double correction2 = 1.0 - std::pow(coefficients.beta2, number);
  const bool decoupled = decay == WeightDecay::Decoupled;
  const auto in_gradient = static_cast<float>(decoupled ? 0.0 : coefficients.weight_decay);
  const auto shrink =
      static_cast<float>(decoupled ? 1.0 - learning_rate * coefficients.weight_decay : 1.0);
  const auto rate = static_cast<float>(learning_rate / correction1);
  const auto root_scale = static_cast<float>(1.0 / std::sqrt(correction2));
  const auto epsilon = static_cast<float>(coefficients.epsilon);
  const auto beta1 = static_cast<float>(coefficients.beta1);
  const auto beta2 = static_cast<float>(coefficients.beta2);
  const auto rest1 = static_cast<float>(1.0 - coefficients.beta1);
  const auto rest2 = static_cast<float>(1.0 - coefficients.beta2);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const float gradient = gradients[i] + in_gradient * parameters[i];
    first[i] = beta1 * first[i] + rest1 * gradient;
    second[i] = beta2 * second[i] + rest2 * gradient * gradient;
    const float root = std::sqrt(second[i]) * root_scale + epsilon;
    parameters[i] = shrink * parameters[i] - rate * first[i] / root;
  }
}

}  // namespace hermes::nn
