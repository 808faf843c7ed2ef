#include "hermes/nn/losses/cross_entropy.hpp"

#include <algorithm>
#include <cmath>

#include "batch_outputs.hpp"

namespace hermes::nn {

LossResult CrossEntropy::evaluate(std::span<const float> outputs,
                                  std::span<const std::int32_t> labels,
                                  std::span<float> gradient) const {
  const BatchOutputs samples(outputs, labels, gradient);
  const double share = 1.0 / static_cast<double>(samples.batch());
  LossResult result;
  double loss_sum = 0.0;
  for (std::size_t n = 0; n < samples.batch(); ++n) {
    const std::span<const float> logits = samples.row(n);
    // Relative to the largest, no exponential overflows and their sum is at least 1.
    const double largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0.0;
    for (const float logit : logits) {
      sum += std::exp(logit - largest);
    }
    loss_sum += std::log(sum) + largest - static_cast<double>(logits[samples.label(n)]);
    result.correct += samples.is_correct(n) ? 1 : 0;
    const std::span<float> derivative = samples.gradient_row(n);
    for (std::size_t c = 0; c < derivative.size(); ++c) {
      const double target = c == samples.label(n) ? 1.0 : 0.0;
      derivative[c] = static_cast<float>(share * (std::exp(logits[c] - largest) / sum - target));
    }
  }
  result.mean_loss = share * loss_sum;
  return result;
}

}  // namespace hermes::nn
