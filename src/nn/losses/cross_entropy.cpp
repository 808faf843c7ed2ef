#include "hermes/nn/losses/cross_entropy.hpp"

#include <cmath>

#include "batch_outputs.hpp"
#include "exponentials.hpp"

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
    const std::size_t label = samples.label(n);
    const std::span<float> derivative = samples.gradient_row(n);
    const auto [largest, sum] = sum_exponentials(logits, derivative);
    loss_sum += std::log(sum) + largest - static_cast<double>(logits[label]);
    result.correct += samples.is_correct(n) ? 1 : 0;
    if (derivative.empty()) {
      continue;
    }
    // share * (probability - target); only the label's target is not 0
    const double scale = share / sum;
    const double of_label = scale * static_cast<double>(derivative[label]) - share;
    for (float& value : derivative) {
      value = static_cast<float>(scale * static_cast<double>(value));
    }
    derivative[label] = static_cast<float>(of_label);
  }
  result.mean_loss = share * loss_sum;
  return result;
}

}  // namespace hermes::nn
