#include "hermes/nn/optimizer.hpp"

#include <algorithm>
#include <string>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"

namespace hermes::nn {

Optimizer::Optimizer(std::size_t parameter_count, std::size_t slots)
    : parameter_count_(parameter_count),
      parts_{{0, parameter_count, true}},
      state_(parameter_count * slots) {}

void Optimizer::exempt_from_decay(std::span<const ParameterTensor> tensors) {
  parts_.clear();
  std::size_t end = 0;  // of the parts so far
  const auto add = [&](std::size_t count, bool decays) {
    if (count > 0) {
      parts_.push_back({end, count, decays});
      end += count;
    }
  };
  for (const ParameterTensor& tensor : tensors) {
    HERMES_ASSERT(tensor.offset >= end && tensor.offset + tensor.size() <= parameter_count_,
                  "optimizer: tensors out of order or of another model");
    add(tensor.offset - end, true);
    add(tensor.size(), false);
  }
  add(parameter_count_ - end, true);
}

void Optimizer::step(std::span<float> parameters, std::span<const float> gradients,
                     double learning_rate) {
  HERMES_ASSERT(parameters.size() == parameter_count_ && gradients.size() == parameter_count_,
                "optimizer: made for another number of parameters");
  ++step_count_;
  for (const Part& part : parts_) {
    update(part, parameters.subspan(part.first, part.count),
           gradients.subspan(part.first, part.count), learning_rate);
  }
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

std::span<float> Optimizer::slot(std::size_t index, const Part& part) {
  return std::span<float>(state_).subspan(index * parameter_count_ + part.first, part.count);
}

}  // namespace hermes::nn
