#pragma once

#include <string>
#include <vector>

#include "hermes/nn/initializer.hpp"
#include "hermes/nn/layer_spec.hpp"
#include "hermes/nn/shape.hpp"

namespace hermes::nn {

/// The architecture of a network, as a model file tells it: no training settings, no loss.
struct NetworkSpec {
  std::string name;
  Shape input;
  Initializer initializer;
  std::vector<LayerSpec> layers;
};

/// Those layers of a network that Hermes does not know.
std::vector<CustomLayerSpec> custom_layers(const NetworkSpec& spec);

}  // namespace hermes::nn
