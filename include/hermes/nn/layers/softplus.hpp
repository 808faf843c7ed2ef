#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// y = log(1 + exp(x)), elementwise.
struct SoftplusSpec {
  static constexpr std::string_view kType = "softplus";

  template <class Self, class Field>
  static void visit_fields(Self& /*spec*/, Field&& /*field*/) {}
};

std::unique_ptr<Layer> make_layer(const SoftplusSpec& spec, const Shape& input);

}  // namespace hermes::nn
