#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "hermes/nn/field.hpp"
#include "hermes/nn/optimizer.hpp"

namespace hermes::nn {

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019): w -= learning_rate weight_decay w
/// before the step.
struct AdamwSpec {
  static constexpr std::string_view kType = "adamw";
  double beta1 = 0.9;     ///< in [0, 1)
  double beta2 = 0.999;   ///< in [0, 1)
  double epsilon = 1e-8;  ///< positive
  double weight_decay = 0.01;

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("beta1", spec.beta1, Presence::Optional);
    field("beta2", spec.beta2, Presence::Optional);
    field("epsilon", spec.epsilon, Presence::Optional);
    field("weight_decay", spec.weight_decay, Presence::Optional);
  }
};

std::unique_ptr<Optimizer> make_optimizer(const AdamwSpec& spec, std::size_t parameter_count);

}  // namespace hermes::nn
