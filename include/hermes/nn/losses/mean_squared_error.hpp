#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "hermes/nn/loss_result.hpp"

namespace hermes::nn {

/// Mean of the squared differences over all batch x outputs elements (PyTorch: MSELoss).
struct MeanSquaredError {
  static constexpr std::string_view kType = "mse";

  /// Classification: the target of a label is 1 at the label and 0 elsewhere.
  /// `outputs` is batch x classes, batch = labels.size(), 0 <= label < classes. `gradient`, of the
  /// size of `outputs`, gets the derivative of the mean loss; it may be empty.
  LossResult evaluate(std::span<const float> outputs, std::span<const std::int32_t> labels,
                      std::span<float> gradient) const;

  /// Regression: `targets` has the size of `outputs`; `correct` stays 0.
  LossResult evaluate(std::span<const float> outputs, std::span<const float> targets,
                      std::span<float> gradient) const;
};

}  // namespace hermes::nn
