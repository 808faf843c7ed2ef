#include "hermes/nn/losses/mean_squared_error.hpp"

#include "batch_outputs.hpp"
#include "hermes/core/assert.hpp"

namespace hermes::nn {

LossResult MeanSquaredError::evaluate(std::span<const float> outputs,
                                      std::span<const std::int32_t> labels,
                                      std::span<float> gradient) const {
  const BatchOutputs samples(outputs, labels, gradient);
  const double share = 1.0 / static_cast<double>(outputs.size());
  LossResult result;
  double square_sum = 0.0;
  for (std::size_t n = 0; n < samples.batch(); ++n) {
    const std::span<const float> values = samples.row(n);
    const std::span<float> derivative = samples.gradient_row(n);
    for (std::size_t c = 0; c < values.size(); ++c) {
      const double difference = values[c] - (c == samples.label(n) ? 1.0 : 0.0);
      square_sum += difference * difference;
      if (!derivative.empty()) {
        derivative[c] = static_cast<float>(2.0 * share * difference);
      }
    }
    result.correct += samples.is_correct(n) ? 1 : 0;
  }
  result.mean_loss = share * square_sum;
  return result;
}

LossResult MeanSquaredError::evaluate(std::span<const float> outputs,
                                      std::span<const float> targets,
                                      std::span<float> gradient) const {
  HERMES_ASSERT(!outputs.empty() && outputs.size() == targets.size(),
                "mse: outputs do not fit the targets");
  HERMES_ASSERT(gradient.empty() || gradient.size() == outputs.size(),
                "mse: gradient of another size");
  const double share = 1.0 / static_cast<double>(outputs.size());
  double square_sum = 0.0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const double difference = static_cast<double>(outputs[i]) - static_cast<double>(targets[i]);
    square_sum += difference * difference;
    if (!gradient.empty()) {
      gradient[i] = static_cast<float>(2.0 * share * difference);
    }
  }
  return {share * square_sum, 0};
}

}  // namespace hermes::nn
