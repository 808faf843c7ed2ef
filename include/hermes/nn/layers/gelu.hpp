#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// y = x P(Z < x) for a standard normal Z (Hendrycks & Gimpel 2016), elementwise: the exact form,
/// PyTorch's default, not the one with tanh.
struct GeluSpec {
  static constexpr std::string_view kType = "gelu";

  template <class Self, class Field>
  static void visit_fields(Self& /*spec*/, Field&& /*field*/) {}
};

std::unique_ptr<Layer> make_layer(const GeluSpec& spec, const Shape& input);

}  // namespace hermes::nn
