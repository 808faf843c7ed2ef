#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "hermes/nn/field.hpp"
#include "hermes/nn/optimizer.hpp"

namespace hermes::nn {

/// Stochastic gradient descent as PyTorch defines it: g += weight_decay w; m = momentum m + g;
/// w -= learning_rate (nesterov ? g + momentum m : m).
struct SgdSpec {
  static constexpr std::string_view kType = "sgd";
  double momentum = 0.0;  ///< in [0, 1)
  bool nesterov = false;  ///< needs momentum
  double weight_decay = 0.0;

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("momentum", spec.momentum, Presence::Optional);
    field("nesterov", spec.nesterov, Presence::Optional);
    field("weight_decay", spec.weight_decay, Presence::Optional);
  }
};

std::unique_ptr<Optimizer> make_optimizer(const SgdSpec& spec, std::size_t parameter_count);

}  // namespace hermes::nn
