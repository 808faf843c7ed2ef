#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "hermes/nn/field.hpp"
#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// The mean of each size x size window; rows and columns that fill no window are left out, as in
/// PyTorch.
struct AvgPool2dSpec {
  static constexpr std::string_view kType = "avg_pool2d";
  std::size_t size = 0;               ///< height and width of a window, at least 1
  std::optional<std::size_t> stride;  ///< as `size` when absent

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("size", spec.size, Presence::Required);
    field("stride", spec.stride, Presence::Optional);
  }
};

std::unique_ptr<Layer> make_layer(const AvgPool2dSpec& spec, const Shape& input);

}  // namespace hermes::nn
