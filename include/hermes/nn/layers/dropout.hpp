#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/field.hpp"
#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// Inverted dropout (Srivastava et al. 2014): in training each value is zero with probability
/// `rate`, else scaled by 1 / (1 - rate); the identity at inference.
struct DropoutSpec {
  static constexpr std::string_view kType = "dropout";
  double rate = 0.0;  ///< in [0, 1)

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("rate", spec.rate, Presence::Required);
  }
};

std::unique_ptr<Layer> make_layer(const DropoutSpec& spec, const Shape& input);

}  // namespace hermes::nn
