#include "batch_outputs.hpp"

#include "hermes/core/assert.hpp"

namespace hermes::nn {

BatchOutputs::BatchOutputs(std::span<const float> outputs, std::span<const std::int32_t> labels,
                           std::span<float> gradient)
    : outputs_(outputs), labels_(labels), gradient_(gradient), classes_(0) {
  HERMES_ASSERT(!labels.empty() && !outputs.empty(), "loss: empty batch");
  HERMES_ASSERT(outputs.size() % labels.size() == 0, "loss: outputs do not fit the labels");
  HERMES_ASSERT(gradient.empty() || gradient.size() == outputs.size(),
                "loss: gradient of another size");
  classes_ = outputs.size() / labels.size();
}

std::span<const float> BatchOutputs::row(std::size_t sample) const {
  return outputs_.subspan(sample * classes_, classes_);
}

std::span<float> BatchOutputs::gradient_row(std::size_t sample) const {
  return gradient_.empty() ? gradient_ : gradient_.subspan(sample * classes_, classes_);
}

std::size_t BatchOutputs::label(std::size_t sample) const {
  const auto label = static_cast<std::size_t>(labels_[sample]);
  HERMES_ASSERT(labels_[sample] >= 0 && label < classes_, "loss: label is no class");
  return label;
}

bool BatchOutputs::is_correct(std::size_t sample) const {
  const std::span<const float> outputs = row(sample);
  const std::size_t own = label(sample);
  // Without branches, which no processor could predict here.
  bool is_largest = true;
  for (std::size_t c = 0; c < outputs.size(); ++c) {
    is_largest &= c < own ? outputs[c] < outputs[own] : outputs[c] <= outputs[own];
  }
  return is_largest;
}

}  // namespace hermes::nn
