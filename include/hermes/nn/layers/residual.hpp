#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "hermes/nn/field.hpp"
#include "hermes/nn/layer.hpp"

namespace hermes::nn {

struct LayerSpec;

/// A residual block (He et al. 2016): y = body(x) + shortcut(x), where a shortcut without layers is
/// x itself. Both must end with one shape.
///
/// A network has no such layer: its layers stand in the list like all others, first the body's,
/// then the shortcut's, then an addition.
struct ResidualSpec {
  static constexpr std::string_view kType = "residual";
  std::vector<LayerSpec> body;  ///< at least one
  std::vector<LayerSpec> shortcut;

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("body", spec.body, Presence::Required);
    field("shortcut", spec.shortcut, Presence::Optional);
  }
};

/// The addition that ends the block, of two outputs of shape `input`.
std::unique_ptr<Layer> make_layer(const ResidualSpec& spec, const Shape& input);

/// Throws ConfigError unless body and shortcut end with one shape.
void check_can_be_added(const Shape& body, const Shape& shortcut);

}  // namespace hermes::nn
