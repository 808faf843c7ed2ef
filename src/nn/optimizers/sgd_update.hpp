#pragma once

#include <span>

namespace hermes::nn {

/// What a step of stochastic gradient descent is made of.
struct SgdCoefficients {
  float rate;
  float momentum;
  float weight_decay;
  bool nesterov;
};

/// parameters <- parameters - rate (g + weight_decay parameters), g = `gradients`, in one pass.
/// The same bits on every instruction set: products and sums are rounded one by one.
void sgd_update(const SgdCoefficients& coefficients, std::span<const float> gradients,
                std::span<float> parameters);

/// The same with a memory: velocity <- momentum velocity + (g + weight_decay parameters), and the
/// parameters follow the velocity, or where it is about to go (Nesterov, as in torch.optim.SGD).
void sgd_update(const SgdCoefficients& coefficients, std::span<const float> gradients,
                std::span<float> velocity, std::span<float> parameters);

}  // namespace hermes::nn
