#include "hermes/runtime/onnx_file.hpp"

#include <span>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/data/atomic_file.hpp"
#include "hermes/nn/network.hpp"
#include "runtime/formats/onnx_layers.hpp"

namespace hermes::runtime {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 31;  // of a Protocol Buffers message

}  // namespace

std::string onnx_bytes(const StoredModel& model) {
  const nn::Network network(model.spec, 1);
  const std::vector<nn::LayerSummary> layers = network.summary();
  const std::vector<nn::NamedTensor> tensors =
      nn::export_parameters(network.named_parameters(), model.parameters);
  OnnxGraph graph;
  graph.add_input("input", model.spec.input);
  write_layers(model.spec, layers, tensors, graph);
  graph.add_output("output", layers.back().output);
  for (const nn::NamedTensor& tensor : tensors) {
    graph.add_tensor(tensor);
  }
  std::string bytes = graph.model_bytes(model.spec.name);
  if (bytes.size() >= kFileBytesMax) {
    throw ConfigError("model '" + model.spec.name +
                      "': expected less than 2 GiB, the most that an ONNX file holds, found " +
                      std::to_string(bytes.size()) + " bytes");
  }
  return bytes;
}

void write_onnx(const std::filesystem::path& file, const StoredModel& model) {
  const std::string bytes = onnx_bytes(model);
  data::AtomicFile output(file);
  output.write(std::as_bytes(std::span(bytes)));
  output.commit();
}

}  // namespace hermes::runtime
