#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// y = max(x, 0), elementwise. The derivative at 0 is 0.
struct ReluSpec {
  static constexpr std::string_view kType = "relu";

  template <class Self, class Field>
  static void visit_fields(Self& /*spec*/, Field&& /*field*/) {}
};

std::unique_ptr<Layer> make_layer(const ReluSpec& spec, const Shape& input);

}  // namespace hermes::nn
