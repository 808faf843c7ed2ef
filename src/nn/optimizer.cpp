#include "hermes/nn/optimizer.hpp"

#include <algorithm>
#include <string>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"

namespace hermes::nn {

Optimizer::Optimizer(std::size_t parameter_count, std::size_t slots)
    : parameter_count_(parameter_count), state_(parameter_count * slots) {}

void Optimizer::step(std::span<float> parameters, std::span<const float> gradients,
                     double learning_rate) {
  HERMES_ASSERT(parameters.size() == parameter_count_ && gradients.size() == parameter_count_,
                "optimizer: made for another number of parameters");
  ++step_count_;
  update(parameters, gradients, learning_rate);
}

void Optimizer::restore(std::span<const float> state, std::uint64_t step_count) {
  if (state.size() != state_.size()) {
    throw DataError("optimizer state: expected " + std::to_string(state_.size()) +
                    " values, found " + std::to_string(state.size()));
  }
  std::copy(state.begin(), state.end(), state_.begin());
  step_count_ = step_count;
}

void Optimizer::reset() {
  std::fill(state_.begin(), state_.end(), 0.0F);
  step_count_ = 0;
}

std::span<float> Optimizer::slot(std::size_t index) {
  return std::span<float>(state_).subspan(index * parameter_count_, parameter_count_);
}

}  // namespace hermes::nn
