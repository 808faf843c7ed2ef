#pragma once

#include <span>

#include "hermes/nn/network.hpp"
#include "runtime/formats/onnx_graph.hpp"

namespace hermes::runtime {

/// Adds the operations of a network, from the value "input" to the value "output": one for most
/// layers, several where ONNX (or OpenCV, which is to run them) has none. `layers` and `tensors`
/// are those of the network; the caller adds the tensors. Throws ConfigError for a layer that it
/// does not know.
void write_layers(const nn::NetworkSpec& spec, std::span<const nn::LayerSummary> layers,
                  std::span<const nn::NamedTensor> tensors, OnnxGraph& graph);

}  // namespace hermes::runtime
