#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hermes/nn/network_spec.hpp"

namespace hermes::nn {

/// A layer at its place in a network. Activation 0 are the samples; layer i writes activation i + 1
/// and reads earlier ones: in a plain chain the one before, in a residual block also others.
struct StackedLayer {
  std::unique_ptr<Layer> layer;
  std::string type;
  Shape input;
  std::size_t from = 0;               ///< the activation that it reads
  std::optional<std::size_t> beside;  ///< the second one, of an addition
  std::size_t parameter_offset = 0;
  std::size_t parameter_count = 0;
  std::size_t statistics_offset = 0;  ///< in the same buffer, behind all parameters
  std::size_t statistics_count = 0;
};

/// All layers of a network with their place in the parameter buffer, [trained | statistics]; no
/// buffers yet.
struct LayerStack {
  std::vector<StackedLayer> layers;
  std::vector<ParameterTensor> tensors;  ///< of all layers, with their names in files
  std::size_t parameter_count = 0;       ///< with the statistics
  std::size_t statistics_count = 0;      ///< the last so many
  /// Of each activation: how many layers read it, and whether a layer that trains comes before it.
  std::vector<std::size_t> readers;
  std::vector<bool> needs_gradient;

  /// Whether the layer's backward has to find the gradient of an input.
  bool wants_input_gradient(const StackedLayer& layer) const {
    return needs_gradient[layer.from] || (layer.beside && needs_gradient[*layer.beside]);
  }
};

/// Throws ConfigError: 'model "cnn", layer 3 (conv2d): ...', counting layers from 1; in a block
/// 'layer 3 (residual), body 2 (conv2d): ...'.
LayerStack build_layers(const NetworkSpec& spec);

}  // namespace hermes::nn
