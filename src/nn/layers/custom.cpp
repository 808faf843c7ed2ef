#include "hermes/nn/layers/custom.hpp"

#include "hermes/core/error.hpp"

namespace hermes::nn {

std::unique_ptr<Layer> make_layer(const CustomLayerSpec& spec, const Shape& input) {
  std::unique_ptr<Layer> layer = spec.make ? spec.make(spec.settings, input) : nullptr;
  if (layer == nullptr) {
    throw ConfigError("make: expected a function that builds the layer, found none");
  }
  return layer;
}

}  // namespace hermes::nn
