#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/field.hpp"
#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// Layer normalisation (Ba et al. 2016), as PyTorch's LayerNorm over a whole sample: all its values
/// are shifted and scaled to mean 0 and (biased) variance 1, then each by its own weight and bias.
struct LayerNormSpec {
  static constexpr std::string_view kType = "layer_norm";
  double epsilon = 1e-5;  ///< positive: added to the variance

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("epsilon", spec.epsilon, Presence::Optional);
  }
};

std::unique_ptr<Layer> make_layer(const LayerNormSpec& spec, const Shape& input);

}  // namespace hermes::nn
