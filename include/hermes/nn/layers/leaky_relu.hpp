#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/field.hpp"
#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// y = x where x > 0, else slope x, elementwise.
struct LeakyReluSpec {
  static constexpr std::string_view kType = "leaky_relu";
  double slope = 0.01;  ///< in [0, 1]

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("slope", spec.slope, Presence::Optional);
  }
};

std::unique_ptr<Layer> make_layer(const LeakyReluSpec& spec, const Shape& input);

}  // namespace hermes::nn
