#include <algorithm>
#include <array>
#include <cmath>

#include "hermes/core/state_archive.hpp"
#include "hermes/protocol/strategies/merge_rules.hpp"
#include "protocol/merge_kernels.hpp"

namespace hermes::protocol {
namespace {

constexpr double kLossMin = 1e-12;

/// merged = keep old + take (w_0 + displacement)
void mix_in(double keep, std::span<const float> old, double take, std::span<const float> initial,
            const SharedParameters& displacement, std::span<float> merged) {
  alignas(64) std::array<float, kParameterBlock> room;
  for (std::size_t begin = 0; begin < merged.size(); begin += kParameterBlock) {
    const std::size_t count = std::min(kParameterBlock, merged.size() - begin);
    mix(static_cast<float>(keep), old.subspan(begin, count), static_cast<float>(take),
        initial.subspan(begin, count), displacement.read(begin, std::span(room).first(count)),
        merged.subspan(begin, count));
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
      mix_in(0.0, old, 1.0, input.initial, update.payload, merged);
    } else {
      const double global_loss = std::max(input.global_loss.value_or(first_loss_), kLossMin);
      const double a = 1.0 / global_loss;
      const double b =
          std::pow(1.0 + static_cast<double>(update.staleness), -staleness_exponent_) / loss;
      mix_in(a / (a + b), old, b / (a + b), input.initial, update.payload, merged);
    }
    is_first = false;
    old = merged;
  }
}

void LossWeighted::save(StateWriter& state) const {
  state& first_loss_;
}

void LossWeighted::load(StateReader& state) {
  state& first_loss_;
}

}  // namespace hermes::protocol
