#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hermes/core/random.hpp"

/// Something tiny that really learns: a badly scaled quadratic, seen through noisy gradients.
namespace hermes::protocol::harness::toy {

inline constexpr std::size_t kParameters = 6;
inline constexpr std::uint32_t kStepsPerRound = 3;
inline constexpr std::uint32_t kMinibatch = 4;

inline double target(std::size_t i) {
  return 1.0 - 0.5 * static_cast<double>(i);
}
inline double curvature(std::size_t i) {
  return 0.2 + 0.3 * static_cast<double>(i);
}

/// Never below 0.05.
inline double loss(std::span<const float> model) {
  double sum = 0.05;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const double error = static_cast<double>(model[i]) - target(i);
    sum += 0.5 * curvature(i) * error * error;
  }
  return sum;
}

/// Rises to 0.95 as the loss falls.
inline double accuracy(double loss) {
  return 1.0 / (1.0 + loss);
}

inline std::vector<float> initial_model(std::uint64_t seed) {
  RandomStream random(seed, RandomPurpose::Initialization);
  std::vector<float> model(kParameters);
  for (float& value : model) {
    value = static_cast<float>(2.0 * random.normal());
  }
  return model;
}

/// One round of plain SGD.
inline void train(std::span<float> model, RandomStream& random) {
  constexpr double kLearningRate = 0.1;
  for (std::uint32_t step = 0; step < kStepsPerRound; ++step) {
    for (std::size_t i = 0; i < model.size(); ++i) {
      const double error = static_cast<double>(model[i]) - target(i);
      const double gradient = curvature(i) * error + 0.3 * random.normal();
      model[i] -= static_cast<float>(kLearningRate * gradient);
    }
  }
}

}  // namespace hermes::protocol::harness::toy
