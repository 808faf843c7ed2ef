#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "hermes/nn/loss_result.hpp"

namespace hermes::nn {

/// Softmax and negative log-likelihood in one, mean over the batch (PyTorch: CrossEntropyLoss).
/// Safe for outputs of any finite size.
struct CrossEntropy {
  static constexpr std::string_view kType = "cross_entropy";

  /// Part of each target that is shared out among all classes (Szegedy et al. 2016, section 7;
  /// PyTorch: label_smoothing); in [0, 1].
  double label_smoothing = 0.0;

  /// `outputs` is batch x classes (logits), batch = labels.size(), 0 <= label < classes.
  /// `gradient`, of the size of `outputs`, gets the derivative of the mean loss; it may be empty.
  LossResult evaluate(std::span<const float> outputs, std::span<const std::int32_t> labels,
                      std::span<float> gradient) const;
};

}  // namespace hermes::nn
