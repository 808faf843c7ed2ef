#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// y = tanh(x), elementwise.
struct TanhSpec {
  static constexpr std::string_view kType = "tanh";

  template <class Self, class Field>
  static void visit_fields(Self& /*spec*/, Field&& /*field*/) {}
};

std::unique_ptr<Layer> make_layer(const TanhSpec& spec, const Shape& input);

}  // namespace hermes::nn
