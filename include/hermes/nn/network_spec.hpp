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

}  // namespace hermes::nn
