#include "hermes/wire/error_feedback.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "hermes/core/assert.hpp"
#include "hermes/core/vector_ops.hpp"

namespace hermes::wire {

ErrorFeedback::ErrorFeedback(std::size_t count, double fraction)
    : residual_(count), magnitudes_(count) {
  HERMES_ASSERT(count > 0 && fraction > 0.0 && fraction <= 1.0,
                "error feedback: expected parameters and a fraction in (0, 1]");
  const auto wanted = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(count)));
  kept_count_ = std::clamp<std::size_t>(wanted, 1, count);
}

void ErrorFeedback::sparsify(std::span<float> delta) {
  HERMES_ASSERT(delta.size() == residual_.size(), "error feedback: delta of another size");
  axpy(1.0F, residual_, delta);
  if (!all_finite(delta)) {
    return;
  }
  const float smallest = smallest_kept(delta);
  const auto above = std::count_if(delta.begin(), delta.end(),
                                   [=](float value) { return std::abs(value) > smallest; });
  std::size_t equal_left = kept_count_ - static_cast<std::size_t>(above);
  for (std::size_t i = 0; i < delta.size(); ++i) {
    const float magnitude = std::abs(delta[i]);
    const bool is_kept = magnitude > smallest || (magnitude == smallest && equal_left > 0);
    if (is_kept && magnitude == smallest) {
      --equal_left;
    }
    residual_[i] = is_kept ? 0.0F : std::exchange(delta[i], 0.0F);
  }
}

float ErrorFeedback::smallest_kept(std::span<const float> sum) {
  std::transform(sum.begin(), sum.end(), magnitudes_.begin(),
                 [](float value) { return std::abs(value); });
  const auto last_kept = magnitudes_.begin() + static_cast<std::ptrdiff_t>(kept_count_ - 1);
  std::nth_element(magnitudes_.begin(), last_kept, magnitudes_.end(), std::greater<>());
  return *last_kept;
}

}  // namespace hermes::wire
