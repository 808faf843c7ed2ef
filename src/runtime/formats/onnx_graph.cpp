#include "runtime/formats/onnx_graph.hpp"

#include <bit>
#include <span>

#include "hermes/core/version.hpp"

namespace hermes::runtime {
namespace {

constexpr std::int64_t kIrVersion = 7;  // of ONNX 1.8, the first with operator set 13
constexpr std::int64_t kOperatorSet = 13;
constexpr std::int64_t kFloat32 = 1;
constexpr std::int64_t kInt64 = 7;

namespace model_field {
constexpr std::uint32_t kIrVersion = 1;
constexpr std::uint32_t kProducerName = 2;
constexpr std::uint32_t kProducerVersion = 3;
constexpr std::uint32_t kGraph = 7;
constexpr std::uint32_t kOperatorSet = 8;
constexpr std::uint32_t kOperatorSetVersion = 2;
}  // namespace model_field

namespace graph_field {
constexpr std::uint32_t kNode = 1;
constexpr std::uint32_t kName = 2;
constexpr std::uint32_t kTensor = 5;
constexpr std::uint32_t kInput = 11;
constexpr std::uint32_t kOutput = 12;
}  // namespace graph_field

namespace node_field {
constexpr std::uint32_t kInput = 1;
constexpr std::uint32_t kOutput = 2;
constexpr std::uint32_t kName = 3;
constexpr std::uint32_t kOperation = 4;
constexpr std::uint32_t kAttribute = 5;
}  // namespace node_field

/// Each kind of value has its own field, and says once more in `kKind` which one that is.
namespace attribute_field {
constexpr std::uint32_t kName = 1;
constexpr std::uint32_t kFloat = 2;
constexpr std::uint32_t kInteger = 3;
constexpr std::uint32_t kIntegers = 8;
constexpr std::uint32_t kKind = 20;
constexpr std::int64_t kFloatKind = 1;
constexpr std::int64_t kIntegerKind = 2;
constexpr std::int64_t kIntegersKind = 7;
}  // namespace attribute_field

namespace tensor_field {
constexpr std::uint32_t kExtent = 1;
constexpr std::uint32_t kType = 2;
constexpr std::uint32_t kName = 8;
constexpr std::uint32_t kBytes = 9;
}  // namespace tensor_field

namespace value_field {
constexpr std::uint32_t kName = 1;
constexpr std::uint32_t kType = 2;
constexpr std::uint32_t kTensorType = 1;
constexpr std::uint32_t kElementType = 1;
constexpr std::uint32_t kShape = 2;
constexpr std::uint32_t kExtent = 1;
constexpr std::uint32_t kExtentValue = 1;
constexpr std::uint32_t kExtentName = 2;
}  // namespace value_field

struct AttributeWriter {
  ProtobufWriter& message;

  void operator()(std::int64_t value) const {
    message.add_integer(attribute_field::kInteger, value);
    message.add_integer(attribute_field::kKind, attribute_field::kIntegerKind);
  }
  void operator()(float value) const {
    message.add_float(attribute_field::kFloat, value);
    message.add_integer(attribute_field::kKind, attribute_field::kFloatKind);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    for (const std::int64_t value : values) {
      message.add_integer(attribute_field::kIntegers, value);
    }
    message.add_integer(attribute_field::kKind, attribute_field::kIntegersKind);
  }
};

ProtobufWriter value_info(std::string_view name, const nn::Shape& sample) {
  ProtobufWriter batch;
  batch.add_text(value_field::kExtentName, "N");
  ProtobufWriter shape;
  shape.add_message(value_field::kExtent, batch);
  const std::vector<std::size_t> extents =
      sample.flat ? std::vector<std::size_t>{sample.size()}
                  : std::vector<std::size_t>{sample.channels, sample.height, sample.width};
  for (const std::size_t extent : extents) {
    ProtobufWriter value;
    value.add_integer(value_field::kExtentValue, static_cast<std::int64_t>(extent));
    shape.add_message(value_field::kExtent, value);
  }
  ProtobufWriter tensor;
  tensor.add_integer(value_field::kElementType, kFloat32);
  tensor.add_message(value_field::kShape, shape);
  ProtobufWriter type;
  type.add_message(value_field::kTensorType, tensor);
  ProtobufWriter info;
  info.add_text(value_field::kName, name);
  info.add_message(value_field::kType, type);
  return info;
}

}  // namespace

void OnnxGraph::add_node(std::string_view operation, const std::vector<std::string>& inputs,
                         const std::string& output, const Attributes& attributes) {
  ProtobufWriter node;
  for (const std::string& input : inputs) {
    node.add_text(node_field::kInput, input);
  }
  node.add_text(node_field::kOutput, output);
  node.add_text(node_field::kName, output);
  node.add_text(node_field::kOperation, operation);
  for (const auto& [name, value] : attributes) {
    ProtobufWriter attribute;
    attribute.add_text(attribute_field::kName, name);
    std::visit(AttributeWriter{attribute}, value);
    node.add_message(node_field::kAttribute, attribute);
  }
  graph_.add_message(graph_field::kNode, node);
}

void OnnxGraph::add_tensor(const nn::NamedTensor& tensor) {
  static_assert(std::endian::native == std::endian::little, "the file's numbers are little-endian");
  ProtobufWriter message;
  for (const std::size_t extent : tensor.shape) {
    message.add_integer(tensor_field::kExtent, static_cast<std::int64_t>(extent));
  }
  message.add_integer(tensor_field::kType, kFloat32);
  message.add_text(tensor_field::kName, tensor.name);
  message.add_bytes(tensor_field::kBytes, std::as_bytes(std::span(tensor.values)));
  graph_.add_message(graph_field::kTensor, message);
}

std::string OnnxGraph::add_integers(const std::string& name,
                                    const std::vector<std::int64_t>& values) {
  ProtobufWriter message;
  message.add_integer(tensor_field::kExtent, static_cast<std::int64_t>(values.size()));
  message.add_integer(tensor_field::kType, kInt64);
  message.add_text(tensor_field::kName, name);
  message.add_bytes(tensor_field::kBytes, std::as_bytes(std::span(values)));
  graph_.add_message(graph_field::kTensor, message);
  return name;
}

void OnnxGraph::add_input(std::string_view name, const nn::Shape& sample) {
  graph_.add_message(graph_field::kInput, value_info(name, sample));
}

void OnnxGraph::add_output(std::string_view name, const nn::Shape& sample) {
  graph_.add_message(graph_field::kOutput, value_info(name, sample));
}

std::string OnnxGraph::model_bytes(std::string_view name) const {
  ProtobufWriter graph = graph_;
  graph.add_text(graph_field::kName, name);
  ProtobufWriter operators;
  operators.add_integer(model_field::kOperatorSetVersion, kOperatorSet);
  ProtobufWriter model;
  model.add_integer(model_field::kIrVersion, kIrVersion);
  model.add_text(model_field::kProducerName, "hermes");
  model.add_text(model_field::kProducerVersion, kProgramVersion);
  model.add_message(model_field::kOperatorSet, operators);
  model.add_message(model_field::kGraph, graph);
  return model.bytes();
}

}  // namespace hermes::runtime
