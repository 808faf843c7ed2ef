#include "hermes/nn/loss.hpp"

#include "hermes/core/assert.hpp"

namespace hermes::nn {

std::string_view type_name(const LossSpec& loss) {
  return std::visit([](const auto& alternative) { return alternative.kType; }, loss);
}

LossResult evaluate(const LossSpec& loss, std::span<const float> outputs, const Targets& targets,
                    std::span<float> gradient) {
  return std::visit(
      [&](const auto& alternative, auto of_rows) -> LossResult {
        if constexpr (requires { alternative.evaluate(outputs, of_rows, gradient); }) {
          return alternative.evaluate(outputs, of_rows, gradient);
        } else {
          HERMES_ASSERT(false, "loss: takes labels, not numbers");
        }
      },
      loss, targets);
}

}  // namespace hermes::nn
