#include "hermes/nn/network_spec.hpp"

#include <variant>

namespace hermes::nn {

std::vector<CustomLayerSpec> custom_layers(const NetworkSpec& spec) {
  std::vector<CustomLayerSpec> custom;
  for (const LayerSpec& layer : spec.layers) {
    if (const auto* found = std::get_if<CustomLayerSpec>(&layer)) {
      custom.push_back(*found);
    }
  }
  return custom;
}

}  // namespace hermes::nn
