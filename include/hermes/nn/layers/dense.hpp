#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "hermes/nn/field.hpp"
#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// y = x W + b on plain features. W is kept as in x out.
struct DenseSpec {
  static constexpr std::string_view kType = "dense";
  std::size_t units = 0;  ///< outputs, at least 1

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("units", spec.units, Presence::Required);
  }
};

std::unique_ptr<Layer> make_layer(const DenseSpec& spec, const Shape& input);

}  // namespace hermes::nn
