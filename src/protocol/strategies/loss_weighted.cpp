#include <algorithm>
#include <cmath>

#include "hermes/core/vector_ops.hpp"
#include "hermes/protocol/strategies/merge_rules.hpp"

namespace hermes::protocol {
namespace {

constexpr double kLossMin = 1e-12;

/// out = keep old + take (w_0 + displacement)
void mix(double keep, std::span<const float> old, double take, std::span<const float> initial,
         std::span<const float> displacement, std::span<float> out) {
  const auto k = static_cast<float>(keep);
  const auto t = static_cast<float>(take);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = k * old[i] + t * (initial[i] + displacement[i]);
  }
}

}  // namespace

void LossWeighted::merge(const MergeInput& input, std::span<float> merged) {
  bool is_first = input.version.value == 0;
  std::span<const float> old = input.global;
  for (const Update& update : input.updates) {
    const double loss = std::max(update.loss, kLossMin);
    if (is_first) {
      first_loss_ = loss;
      mix(0.0, old, 1.0, input.initial, update.payload.values(), merged);
    } else {
      const double global_loss = std::max(input.global_loss.value_or(first_loss_), kLossMin);
      const double a = 1.0 / global_loss;
      const double b =
          std::pow(1.0 + static_cast<double>(update.staleness), -staleness_exponent_) / loss;
      mix(a / (a + b), old, b / (a + b), input.initial, update.payload.values(), merged);
    }
    is_first = false;
    old = merged;
  }
}

}  // namespace hermes::protocol
