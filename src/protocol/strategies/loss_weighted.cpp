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
void mix_in(const MergeInput& input, double keep, std::span<const float> old, double take,
            const SharedParameters& displacement, std::span<float> merged) {
  alignas(64) std::array<float, kParameterBlock> room;
  const std::size_t trained = merged.size() - input.statistics_count;
  for (std::size_t begin = 0; begin < trained; begin += kParameterBlock) {
    const std::size_t count = std::min(kParameterBlock, trained - begin);
    mix(static_cast<float>(keep), old.subspan(begin, count), static_cast<float>(take),
        input.initial.subspan(begin, count), displacement.read(begin, std::span(room).first(count)),
        merged.subspan(begin, count));
  }
  blend_statistics(input, old, displacement, take, merged);
}

}  // namespace

void LossWeighted::merge(const MergeInput& input, std::span<float> merged) {
  bool is_first = input.version.value == 0;
  std::span<const float> old = input.global;
  for (const Update& update : input.updates) {
    const double loss = std::max(update.loss, kLossMin);
    if (is_first) {
      first_loss_ = loss;
      mix_in(input, 0.0, old, 1.0, update.payload, merged);
    } else {
      const double global_loss = std::max(input.global_loss.value_or(first_loss_), kLossMin);
      const double a = 1.0 / global_loss;
      const double b =
          std::pow(1.0 + static_cast<double>(update.staleness), -staleness_exponent_) / loss;
      mix_in(input, a / (a + b), old, b / (a + b), update.payload, merged);
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
