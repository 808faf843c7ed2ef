#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// y = 1 / (1 + exp(-x)), elementwise.
struct SigmoidSpec {
  static constexpr std::string_view kType = "sigmoid";

  template <class Self, class Field>
  static void visit_fields(Self& /*spec*/, Field&& /*field*/) {}
};

std::unique_ptr<Layer> make_layer(const SigmoidSpec& spec, const Shape& input);

}  // namespace hermes::nn
