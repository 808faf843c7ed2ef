#include "hermes/nn/loss.hpp"

namespace hermes::nn {

std::string_view type_name(const LossSpec& loss) {
  return std::visit([](const auto& alternative) { return alternative.kType; }, loss);
}

LossResult evaluate(const LossSpec& loss, std::span<const float> outputs,
                    std::span<const std::int32_t> labels, std::span<float> gradient) {
  return std::visit(
      [&](const auto& alternative) { return alternative.evaluate(outputs, labels, gradient); },
      loss);
}

}  // namespace hermes::nn
