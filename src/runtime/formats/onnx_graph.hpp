#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hermes/core/protobuf_writer.hpp"
#include "hermes/nn/parameter_tensor.hpp"
#include "hermes/nn/shape.hpp"

namespace hermes::runtime {

/// A graph of an ONNX model (messages and field numbers: onnx.proto of the ONNX project).
class OnnxGraph {
 public:
  using AttributeValue = std::variant<std::int64_t, float, std::vector<std::int64_t>>;
  using Attributes = std::vector<std::pair<std::string_view, AttributeValue>>;

  /// One operation, named like its only output.
  void add_node(std::string_view operation, const std::vector<std::string>& inputs,
                const std::string& output, const Attributes& attributes);
  /// A constant.
  void add_tensor(const nn::NamedTensor& tensor);
  /// Likewise, a list of integers; returns its name.
  std::string add_integers(const std::string& name, const std::vector<std::int64_t>& values);
  /// Values of the outside: batches of any size of samples of this shape.
  void add_input(std::string_view name, const nn::Shape& sample);
  void add_output(std::string_view name, const nn::Shape& sample);

  /// The whole file.
  std::string model_bytes(std::string_view name) const;

 private:
  ProtobufWriter graph_;
};

}  // namespace hermes::runtime
