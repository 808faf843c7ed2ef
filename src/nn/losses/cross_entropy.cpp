#include "hermes/nn/losses/cross_entropy.hpp"

#include <cmath>
#include <numeric>

#include "batch_outputs.hpp"
#include "exponentials.hpp"

namespace hermes::nn {

LossResult CrossEntropy::evaluate(std::span<const float> outputs,
                                  std::span<const std::int32_t> labels,
                                  std::span<float> gradient) const {
  const BatchOutputs samples(outputs, labels, gradient);
  const double share = 1.0 / static_cast<double>(samples.batch());
  const double of_all = label_smoothing / static_cast<double>(samples.classes());  // of a target
  const double of_label = 1.0 - label_smoothing;  // what the label's class has beside that
  LossResult result;
  double loss_sum = 0.0;
  for (std::size_t n = 0; n < samples.batch(); ++n) {
    const std::span<const float> logits = samples.row(n);
    const std::size_t label = samples.label(n);
    const std::span<float> derivative = samples.gradient_row(n);
    const auto [largest, sum] = sum_exponentials(logits, derivative);
    loss_sum += std::log(sum) + largest - of_label * static_cast<double>(logits[label]);
    if (of_all > 0.0) {
      loss_sum -= of_all * std::accumulate(logits.begin(), logits.end(), 0.0);
    }
    result.correct += samples.is_correct(n) ? 1 : 0;
    if (derivative.empty()) {
      continue;
    }
    // share * (probability - target)
    const double scale = share / sum;
    const double own = scale * static_cast<double>(derivative[label]) - share * (of_all + of_label);
    for (float& value : derivative) {
      value = static_cast<float>(scale * static_cast<double>(value) - share * of_all);
    }
    derivative[label] = static_cast<float>(own);
  }
  result.mean_loss = share * loss_sum;
  return result;
}

}  // namespace hermes::nn
