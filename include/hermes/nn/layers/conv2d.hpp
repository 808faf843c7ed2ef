#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "hermes/nn/field.hpp"
#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// Zeros around the input of a convolution: "valid" (none), "same" (output = input / stride,
/// rounded up; an odd zero goes below and to the right) or the same number on all four sides.
struct Conv2dPadding {
  enum class Kind { Valid, Same, Number };
  Kind kind = Kind::Valid;
  std::size_t amount = 0;  ///< pixels, for Number

  static constexpr Conv2dPadding valid() { return {Kind::Valid, 0}; }
  static constexpr Conv2dPadding same() { return {Kind::Same, 0}; }
  static constexpr Conv2dPadding number(std::size_t amount) { return {Kind::Number, amount}; }

  friend constexpr bool operator==(const Conv2dPadding&, const Conv2dPadding&) = default;
};

/// Two-dimensional convolution (cross-correlation, as everywhere in deep learning) with bias and
/// square kernels. Weights are kept as kernel row x kernel column x in x out.
struct Conv2dSpec {
  static constexpr std::string_view kType = "conv2d";
  std::size_t filters = 0;  ///< output channels, at least 1
  std::size_t kernel = 0;   ///< height and width, at least 1
  std::size_t stride = 1;
  Conv2dPadding padding{};

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("filters", spec.filters, Presence::Required);
    field("kernel", spec.kernel, Presence::Required);
    field("stride", spec.stride, Presence::Optional);
    field("padding", spec.padding, Presence::Optional);
  }
};

std::unique_ptr<Layer> make_layer(const Conv2dSpec& spec, const Shape& input);

}  // namespace hermes::nn
