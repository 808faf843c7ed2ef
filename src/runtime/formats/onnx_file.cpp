#include "hermes/runtime/onnx_file.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/data/atomic_file.hpp"
#include "hermes/nn/network.hpp"
#include "runtime/formats/onnx_graph.hpp"

namespace hermes::runtime {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 31;  // of a Protocol Buffers message

std::int64_t integer(std::size_t value) {
  return static_cast<std::int64_t>(value);
}

/// Zeros before and behind a line of pixels.
std::pair<std::int64_t, std::int64_t> padding(const nn::Conv2dSpec& spec, std::size_t input,
                                              std::size_t output) {
  switch (spec.padding.kind) {
    case nn::Conv2dPadding::Kind::Number:
      return {integer(spec.padding.amount), integer(spec.padding.amount)};
    case nn::Conv2dPadding::Kind::Same: {
      const std::size_t covered = (output - 1) * spec.stride + spec.kernel;
      const std::size_t zeros = covered - std::min(covered, input);
      return {integer(zeros / 2), integer(zeros - zeros / 2)};
    }
    case nn::Conv2dPadding::Kind::Valid:
      break;
  }
  return {0, 0};
}

/// Writes layer after layer; a layer with parameters takes the next tensors.
struct LayerWriter {
  OnnxGraph& graph;
  std::span<const nn::NamedTensor> tensors;  // of this layer and those behind it
  std::string from;                          // names of its input and output
  std::string to;
  nn::Shape input;
  nn::Shape output;

  void operator()(const nn::Conv2dSpec& spec) {
    const auto [top, bottom] = padding(spec, input.height, output.height);
    const auto [left, right] = padding(spec, input.width, output.width);
    add_with_weights("Conv", {{"kernel_shape", square(spec.kernel)},
                              {"strides", square(spec.stride)},
                              {"pads", std::vector<std::int64_t>{top, left, bottom, right}}});
  }
  void operator()(const nn::DenseSpec&) { add_with_weights("Gemm", {{"transB", std::int64_t{1}}}); }
  void operator()(const nn::MaxPool2dSpec& spec) { add_pool("MaxPool", spec.size, spec.stride); }
  void operator()(const nn::AvgPool2dSpec& spec) {
    add_pool("AveragePool", spec.size, spec.stride);
  }
  void operator()(const nn::FlattenSpec&) { add("Flatten", {{"axis", std::int64_t{1}}}); }
  void operator()(const nn::ReluSpec&) { add("Relu"); }
  void operator()(const nn::LeakyReluSpec& spec) {
    add("LeakyRelu", {{"alpha", static_cast<float>(spec.slope)}});
  }
  void operator()(const nn::TanhSpec&) { add("Tanh"); }
  void operator()(const nn::SigmoidSpec&) { add("Sigmoid"); }
  void operator()(const nn::DropoutSpec&) { add("Dropout"); }
  /// Any other kind, as layers may be added by others.
  template <class Other>
  void operator()(const Other& /*spec*/) {
    throw ConfigError("expected a layer that ONNX export knows, found none");
  }

 private:
  static std::vector<std::int64_t> square(std::size_t side) {
    return {integer(side), integer(side)};
  }

  void add(std::string_view operation, const OnnxGraph::Attributes& attributes = {}) {
    graph.add_node(operation, {from}, to, attributes);
  }

  void add_pool(std::string_view operation, std::size_t size, std::optional<std::size_t> stride) {
    add(operation, {{"kernel_shape", square(size)}, {"strides", square(stride.value_or(size))}});
  }

  /// Weight and bias.
  void add_with_weights(std::string_view operation, const OnnxGraph::Attributes& attributes) {
    HERMES_ASSERT(tensors.size() >= 2, "onnx: fewer tensors than the layers have");
    graph.add_node(operation, {from, tensors[0].name, tensors[1].name}, to, attributes);
    tensors = tensors.subspan(2);
  }
};

}  // namespace

std::string onnx_bytes(const StoredModel& model) {
  const nn::Network network(model.spec, 1);
  const std::vector<nn::LayerSummary> layers = network.summary();
  const std::vector<nn::NamedTensor> tensors =
      nn::export_parameters(network.named_parameters(), model.parameters);
  OnnxGraph graph;
  graph.add_input("input", model.spec.input);
  LayerWriter writer{graph, tensors, "input", "", model.spec.input, model.spec.input};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string name = "layer" + std::to_string(i + 1) + "." + layers[i].type;
    writer.to = i + 1 == layers.size() ? "output" : name;
    writer.output = layers[i].output;
    try {
      std::visit(writer, model.spec.layers[i]);
    } catch (const ConfigError& error) {
      throw ConfigError("model '" + model.spec.name + "': " + name + ": " + error.what());
    }
    writer.from = writer.to;
    writer.input = writer.output;
  }
  HERMES_ASSERT(writer.tensors.empty(), "onnx: tensors that no layer takes");
  graph.add_output("output", writer.output);
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
