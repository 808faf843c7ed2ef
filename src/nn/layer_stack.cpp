#include "layer_stack.hpp"

#include <map>
#include <variant>

#include "hermes/core/error.hpp"
#include "spec_check.hpp"

namespace hermes::nn {
namespace {

void check_input_and_initializer(const NetworkSpec& spec) {
  require_in_range("input channels", spec.input.channels, 1, kTensorSizeMax);
  require_in_range("input height", spec.input.height, 1, kTensorSizeMax);
  require_in_range("input width", spec.input.width, 1, kTensorSizeMax);
  checked_size("input", {spec.input.channels, spec.input.height, spec.input.width});
  require_positive("initializer range", spec.initializer.range);
  if (spec.layers.empty()) {
    throw ConfigError("layer: expected at least one, found none");
  }
}

/// Appends the layer's tensors: "conv" and "weight" become "conv1.weight".
void place_parameters(LayerStack& stack, StackedLayer& stacked,
                      std::map<std::string, int, std::less<>>& numbers) {
  stacked.parameter_offset = stack.parameter_count;
  std::vector<ParameterTensor> tensors = stacked.layer->parameters();
  if (tensors.empty()) {
    return;
  }
  std::string prefix(stacked.layer->name());
  prefix += std::to_string(++numbers[prefix]) + ".";
  for (ParameterTensor& tensor : tensors) {
    tensor.name.insert(0, prefix);
    tensor.offset += stacked.parameter_offset;
    stacked.parameter_count += tensor.size();
    stack.tensors.push_back(std::move(tensor));
  }
  if (stacked.parameter_count > kTensorSizeMax - stack.parameter_count) {
    throw ConfigError("parameters: expected at most " + std::to_string(kTensorSizeMax) +
                      " in the network, found more");
  }
  stack.parameter_count += stacked.parameter_count;
}

/// What remains of a ReLU whose work a layer beside it does: another name for that layer's input or
/// output. It stays in the list, so that places, messages and summaries are those of the file.
class AbsorbedRelu final : public Layer {
 public:
  explicit AbsorbedRelu(const Shape& shape) : shape_(shape) {}

  std::string_view name() const override { return "relu"; }
  Shape output_shape() const override { return shape_; }
  OutputStorage output_storage() const override { return OutputStorage::View; }

  void forward(const LayerContext&, ConstTensorView, TensorView) const override {}
  void backward(const LayerContext&, ConstTensorView, ConstTensorView, ConstTensorView,
                TensorView) const override {}

 private:
  Shape shape_;
};

/// The layer behind a ReLU is asked first: pooling takes it for nothing, whereas a layer before it
/// needs its output for that in backward.
void absorb_relus(const NetworkSpec& spec, std::vector<StackedLayer>& layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!std::holds_alternative<ReluSpec>(spec.layers[i])) {
      continue;
    }
    const bool next_takes_it = i + 1 < layers.size() && layers[i + 1].layer->fuse_relu_of_input();
    if (next_takes_it || (i > 0 && layers[i - 1].layer->fuse_relu_of_output())) {
      layers[i].layer = std::make_unique<AbsorbedRelu>(layers[i].input);
    }
  }
}

}  // namespace

LayerStack build_layers(const NetworkSpec& spec) {
  LayerStack stack;
  std::map<std::string, int, std::less<>> numbers;
  std::string place = "model \"" + spec.name + "\"";
  try {
    check_input_and_initializer(spec);
    Shape shape = spec.input;
    for (const LayerSpec& layer_spec : spec.layers) {
      const std::string type(type_name(layer_spec));
      place = "model \"" + spec.name + "\", layer " + std::to_string(stack.layers.size() + 1) +
              " (" + type + ")";
      StackedLayer stacked{make_layer(layer_spec, shape), type, shape};
      place_parameters(stack, stacked, numbers);
      shape = stacked.layer->output_shape();
      stack.layers.push_back(std::move(stacked));
    }
  } catch (const ConfigError& error) {
    throw ConfigError(place + ": " + error.what());
  }
  absorb_relus(spec, stack.layers);
  while (stack.first_trainable < stack.layers.size() &&
         stack.layers[stack.first_trainable].parameter_count == 0) {
    ++stack.first_trainable;
  }
  return stack;
}

}  // namespace hermes::nn
