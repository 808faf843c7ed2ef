#include "hermes/wire/error_feedback.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <utility>

#include "hermes/core/assert.hpp"
#include "hermes/core/int8_blocks.hpp"
#include "hermes/core/vector_ops.hpp"

namespace hermes::wire {

namespace {

/// Values that are rounded at a time: whole blocks that stay in the first-level cache.
constexpr std::size_t kChunk = 8 * kInt8Block;
/// Sums from here on do not fit numbers of 8 bits.
constexpr float kInt8Limit = 0x1p127F;

}  // namespace

ErrorFeedback::ErrorFeedback(std::size_t count) : kept_count_(count), residual_(count) {
  HERMES_ASSERT(count > 0, "error feedback: expected parameters");
}

ErrorFeedback::ErrorFeedback(std::size_t count, double fraction)
    : residual_(count), magnitudes_(count) {
  HERMES_ASSERT(count > 0 && fraction > 0.0 && fraction <= 1.0,
                "error feedback: expected parameters and a fraction in (0, 1]");
  const auto wanted = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(count)));
  kept_count_ = std::clamp<std::size_t>(wanted, 1, count);
}

void ErrorFeedback::reduce(std::span<float> delta) {
  HERMES_ASSERT(delta.size() == residual_.size(), "error feedback: delta of another size");
  axpy(1.0F, residual_, delta);
  const auto is_too_large = [](float value) { return std::abs(value) >= kInt8Limit; };
  if (!all_finite(delta) || (is_of_bytes() && std::ranges::any_of(delta, is_too_large))) {
    return;
  }
  if (is_of_bytes()) {
    round(delta);
  } else {
    sparsify(delta);
  }
}

void ErrorFeedback::round(std::span<float> sum) {
  std::array<float, kChunk / kInt8Block> scales;
  std::array<std::int8_t, kChunk> numbers;
  alignas(64) std::array<float, kChunk> rounded;
  for (std::size_t begin = 0; begin < sum.size(); begin += kChunk) {
    const std::size_t count = std::min(kChunk, sum.size() - begin);
    const std::span<float> values = sum.subspan(begin, count);
    const auto used_scales = std::span(scales).first(int8_block_count(count));
    const auto used_numbers = std::span(numbers).first(count);
    const auto sent = std::span(rounded).first(count);
    to_int8_blocks(values, used_scales, used_numbers);
    from_int8_blocks(used_scales, used_numbers, sent);
    // Exact: a value and the multiple next to it are within a factor of two, or the latter is 0.
    subtract(values, sent, std::span(residual_).subspan(begin, count));
    std::ranges::copy(sent, values.begin());
  }
}

void ErrorFeedback::sparsify(std::span<float> delta) {
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
