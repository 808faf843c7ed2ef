#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "hermes/nn/network_spec.hpp"

namespace hermes::nn {

/// A layer at its place in a network.
struct StackedLayer {
  std::unique_ptr<Layer> layer;
  std::string type;
  Shape input;
  std::size_t parameter_offset = 0;
  std::size_t parameter_count = 0;
};

/// All layers of a network with their place in the parameter buffer; no buffers yet.
struct LayerStack {
  std::vector<StackedLayer> layers;
  std::vector<ParameterTensor> tensors;  ///< of all layers, with their names in files
  std::size_t parameter_count = 0;
  std::size_t first_trainable = 0;  ///< the first layer with parameters; layers.size() if none
};

/// Throws ConfigError: 'model "cnn", layer 3 (conv2d): ...', counting layers from 1.
LayerStack build_layers(const NetworkSpec& spec);

}  // namespace hermes::nn
