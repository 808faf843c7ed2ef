#include "hermes/nn/network_spec.hpp"

#include <variant>

namespace hermes::nn {

namespace {

void find_custom_layers(const std::vector<LayerSpec>& layers,
                        std::vector<CustomLayerSpec>& custom) {
  for (const LayerSpec& layer : layers) {
    if (const auto* found = std::get_if<CustomLayerSpec>(&layer)) {
      custom.push_back(*found);
    } else if (const auto* block = std::get_if<ResidualSpec>(&layer)) {
      find_custom_layers(block->body, custom);
      find_custom_layers(block->shortcut, custom);
    }
  }
}

}  // namespace

std::vector<CustomLayerSpec> custom_layers(const NetworkSpec& spec) {
  std::vector<CustomLayerSpec> custom;
  find_custom_layers(spec.layers, custom);
  return custom;
}

}  // namespace hermes::nn
