#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// An image becomes a list of features, without moving anything.
struct FlattenSpec {
  static constexpr std::string_view kType = "flatten";

  template <class Self, class Field>
  static void visit_fields(Self& /*spec*/, Field&& /*field*/) {}
};

std::unique_ptr<Layer> make_layer(const FlattenSpec& spec, const Shape& input);

}  // namespace hermes::nn
