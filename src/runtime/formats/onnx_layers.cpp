#include "runtime/formats/onnx_layers.hpp"

#include <algorithm>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"

namespace hermes::runtime {
namespace {

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
class LayerWriter {
 public:
  LayerWriter(const nn::NetworkSpec& spec, std::span<const nn::LayerSummary> layers,
              std::span<const nn::NamedTensor> tensors, OnnxGraph& graph)
      : layers_(layers), tensors_(tensors), graph_(graph), from_("input"), input_(spec.input) {}

  /// `prefix` goes before the number in names, `last` is the name of the last one's output, if it
  /// is not to be named like the others. Returns that name.
  std::string write_all(const std::vector<nn::LayerSpec>& layers, const std::string& prefix,
                        const std::string& last) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::string name =
          prefix + std::to_string(i + 1) + "." + std::string(nn::type_name(layers[i]));
      const std::string to = i + 1 == layers.size() && !last.empty() ? last : name;
      if (const auto* block = std::get_if<nn::ResidualSpec>(&layers[i])) {
        write_block(*block, name, to);
      } else {
        begin(name, to);
        std::visit(*this, layers[i]);
      }
      from_ = to;
      input_ = output_;
    }
    return from_;
  }

  /// The layer at hand, for messages.
  const std::string& name() const { return name_; }
  bool has_taken_all() const { return layers_.empty() && tensors_.empty(); }

  void operator()(const nn::Conv2dSpec& spec) {
    const auto [top, bottom] = padding(spec, input_.height, output_.height);
    const auto [left, right] = padding(spec, input_.width, output_.width);
    add_with_tensors("Conv", 2,
                     {{"kernel_shape", square(spec.kernel)},
                      {"strides", square(spec.stride)},
                      {"pads", std::vector<std::int64_t>{top, left, bottom, right}}});
  }
  void operator()(const nn::DenseSpec&) {
    add_with_tensors("Gemm", 2, {{"transB", std::int64_t{1}}});
  }
  void operator()(const nn::MaxPool2dSpec& spec) { add_pool("MaxPool", spec.size, spec.stride); }
  void operator()(const nn::AvgPool2dSpec& spec) {
    add_pool("AveragePool", spec.size, spec.stride);
  }
  void operator()(const nn::GlobalAvgPoolSpec&) {
    const std::string means = add_inner("GlobalAveragePool", {from_}, "means");
    graph_.add_node("Flatten", {means}, to_, {{"axis", std::int64_t{1}}});
  }
  void operator()(const nn::FlattenSpec&) { add("Flatten", {{"axis", std::int64_t{1}}}); }
  void operator()(const nn::BatchNormSpec& spec) {
    add_with_tensors("BatchNormalization", 4, {{"epsilon", static_cast<float>(spec.epsilon)}});
  }
  /// Normalises a sample as the only channel of an image: OpenCV 4.6 has neither LayerNormalization
  /// nor a Div and Sqrt that take the shapes of means.
  void operator()(const nn::LayerNormSpec& spec) {
    const std::string ones = constant("ones", 1.0F);
    const std::string zeros = constant("zeros", 0.0F);
    const std::string line = add_inner(
        "Reshape", {from_, graph_.add_integers(name_ + ".line_shape", {0, 1, -1})}, "line");
    const std::string even = add_inner("InstanceNormalization", {line, ones, zeros}, "even",
                                       {{"epsilon", static_cast<float>(spec.epsilon)}});
    std::vector<std::int64_t> shape{0};
    for (const std::size_t extent : tensors_.front().shape) {
      shape.push_back(integer(extent));
    }
    const std::string sample =
        add_inner("Reshape", {even, graph_.add_integers(name_ + ".sample_shape", shape)}, "sample");
    const std::string scaled = add_inner("Mul", {sample, take_tensor()}, "scaled");
    graph_.add_node("Add", {scaled, take_tensor()}, to_, {});
  }
  void operator()(const nn::ReluSpec&) { add("Relu"); }
  void operator()(const nn::LeakyReluSpec& spec) {
    add("LeakyRelu", {{"alpha", static_cast<float>(spec.slope)}});
  }
  void operator()(const nn::TanhSpec&) { add("Tanh"); }
  void operator()(const nn::SigmoidSpec&) { add("Sigmoid"); }
  void operator()(const nn::SoftplusSpec&) { add("Softplus"); }
  /// x (1 + erf(x / sqrt 2)) / 2; ONNX has it in one only from operator set 20 on.
  void operator()(const nn::GeluSpec&) {
    const auto root = static_cast<float>(1.0 / std::numbers::sqrt2);
    const std::string part = add_inner("Mul", {from_, constant("root", root)}, "part");
    const std::string erf = add_inner("Erf", {part}, "erf");
    const std::string above = add_inner("Add", {erf, constant("one", 1.0F)}, "above");
    const std::string twice = add_inner("Mul", {from_, above}, "twice");
    graph_.add_node("Mul", {twice, constant("half", 0.5F)}, to_, {});
  }
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

  void begin(const std::string& name, const std::string& to) {
    HERMES_ASSERT(!layers_.empty(), "onnx: fewer layers than the network has");
    name_ = name;
    to_ = to;
    output_ = layers_.front().output;
    layers_ = layers_.subspan(1);
  }

  void write_block(const nn::ResidualSpec& block, const std::string& name, const std::string& to) {
    const std::string start = from_;
    const nn::Shape shape = input_;
    const std::string body = write_all(block.body, name + ".body", "");
    from_ = start;
    input_ = shape;
    const std::string shortcut = write_all(block.shortcut, name + ".shortcut", "");
    begin(name, to);
    graph_.add_node("Add", {body, shortcut}, to, {});
  }

  void add(std::string_view operation, const OnnxGraph::Attributes& attributes = {}) {
    graph_.add_node(operation, {from_}, to_, attributes);
  }

  void add_pool(std::string_view operation, std::size_t size, std::optional<std::size_t> stride) {
    add(operation, {{"kernel_shape", square(size)}, {"strides", square(stride.value_or(size))}});
  }

  /// An operation whose output no other layer sees; returns its name.
  std::string add_inner(std::string_view operation, const std::vector<std::string>& inputs,
                        const std::string& what, const OnnxGraph::Attributes& attributes = {}) {
    const std::string output = name_ + "." + what;
    graph_.add_node(operation, inputs, output, attributes);
    return output;
  }

  std::string constant(const std::string& what, float value) {
    const std::string name = name_ + "." + what;
    graph_.add_tensor({name, {1}, {value}});
    return name;
  }

  std::string take_tensor() {
    HERMES_ASSERT(!tensors_.empty(), "onnx: fewer tensors than the layers have");
    const std::string& name = tensors_.front().name;
    tensors_ = tensors_.subspan(1);
    return name;
  }

  void add_with_tensors(std::string_view operation, std::size_t count,
                        const OnnxGraph::Attributes& attributes) {
    std::vector<std::string> inputs{from_};
    for (std::size_t i = 0; i < count; ++i) {
      inputs.push_back(take_tensor());
    }
    graph_.add_node(operation, inputs, to_, attributes);
  }

  std::span<const nn::LayerSummary> layers_;  // this one's and those behind it
  std::span<const nn::NamedTensor> tensors_;  // likewise
  OnnxGraph& graph_;
  std::string name_;  // of the layer at hand
  std::string from_;  // names of its input and output
  std::string to_;
  nn::Shape input_;
  nn::Shape output_;
};

}  // namespace

void write_layers(const nn::NetworkSpec& spec, std::span<const nn::LayerSummary> layers,
                  std::span<const nn::NamedTensor> tensors, OnnxGraph& graph) {
  LayerWriter writer(spec, layers, tensors, graph);
  try {
    writer.write_all(spec.layers, "layer", "output");
  } catch (const ConfigError& error) {
    throw ConfigError("model '" + spec.name + "': " + writer.name() + ": " + error.what());
  }
  HERMES_ASSERT(writer.has_taken_all(), "onnx: tensors that no layer takes");
}

}  // namespace hermes::runtime
