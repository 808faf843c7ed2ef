#include "layer_stack.hpp"

#include <map>
#include <variant>

#include "absorbed_relu.hpp"
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

constexpr std::size_t kBlockDepthMax = 15;  // a model file names each as a part of a key

/// Lays the layers of a specification out in one list.
class StackBuilder {
 public:
  StackBuilder(const NetworkSpec& spec, LayerStack& stack) : stack_(stack), shapes_{spec.input} {}

  /// Both return the activation that the last layer writes. `kind` is "layer", "body" or
  /// "shortcut".
  std::size_t append_all(const std::vector<LayerSpec>& layers, std::string_view kind,
                         std::size_t from) {
    const std::string outer = place_;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      place_ = outer;
      place_.append(", ").append(kind).append(" ").append(std::to_string(i + 1));
      place_.append(" (").append(type_name(layers[i])).append(")");
      const auto* block = std::get_if<ResidualSpec>(&layers[i]);
      from = block != nullptr ? append_block(*block, from) : append(layers[i], from, {});
    }
    place_ = outer;
    return from;
  }

  /// Where the last error was.
  const std::string& place() const { return place_; }

 private:
  std::size_t append_block(const ResidualSpec& block, std::size_t from) {
    if (block.body.empty()) {
      throw ConfigError("body: expected at least one layer, found none");
    }
    if (++depth_ > kBlockDepthMax) {
      throw ConfigError("body: expected at most " + std::to_string(kBlockDepthMax) +
                        " blocks in one another, found more");
    }
    const std::size_t body = append_all(block.body, "body", from);
    const std::size_t shortcut = append_all(block.shortcut, "shortcut", from);
    --depth_;
    check_can_be_added(shapes_[body], shapes_[shortcut]);
    return append(block, body, shortcut);
  }

  std::size_t append(const LayerSpec& spec, std::size_t from, std::optional<std::size_t> beside) {
    StackedLayer stacked{make_layer(spec, shapes_[from]), std::string(type_name(spec)),
                         shapes_[from], from, beside};
    place_tensors(stacked);
    shapes_.push_back(stacked.layer->output_shape());
    stack_.layers.push_back(std::move(stacked));
    return stack_.layers.size();
  }

  /// Appends the layer's tensors: "conv" and "weight" become "conv1.weight". Statistics get their
  /// place when all parameters have theirs.
  void place_tensors(StackedLayer& stacked) {
    const std::vector<ParameterTensor> parameters = stacked.layer->parameters();
    const std::vector<ParameterTensor> statistics = stacked.layer->statistics();
    if (parameters.empty() && statistics.empty()) {
      return;
    }
    std::string prefix(stacked.layer->name());
    prefix += std::to_string(++numbers_[prefix]) + ".";
    stacked.parameter_offset = stack_.parameter_count;
    stacked.parameter_count =
        append_tensors(parameters, prefix, stacked.parameter_offset, stack_.parameter_count);
    stacked.statistics_offset = stack_.statistics_count;
    stacked.statistics_count =
        append_tensors(statistics, prefix, stacked.statistics_offset, stack_.statistics_count);
  }

  /// Returns their size and adds it to `total`.
  std::size_t append_tensors(std::vector<ParameterTensor> tensors, const std::string& prefix,
                             std::size_t offset, std::size_t& total) {
    std::size_t count = 0;
    for (ParameterTensor& tensor : tensors) {
      tensor.name.insert(0, prefix);
      tensor.offset += offset;
      count += tensor.size();
      stack_.tensors.push_back(std::move(tensor));
    }
    if (count > kTensorSizeMax - (stack_.parameter_count + stack_.statistics_count)) {
      throw ConfigError("parameters: expected at most " + std::to_string(kTensorSizeMax) +
                        " in the network, found more");
    }
    total += count;
    return count;
  }

  LayerStack& stack_;
  std::vector<Shape> shapes_;  // of the activations
  std::map<std::string, int, std::less<>> numbers_;
  std::string place_;
  std::size_t depth_ = 0;  // of blocks
};

/// Statistics go behind all parameters.
void place_statistics(LayerStack& stack) {
  std::size_t next = 0;
  for (StackedLayer& stacked : stack.layers) {
    const std::size_t parameters = stacked.layer->parameters().size();
    const std::size_t statistics = stacked.layer->statistics().size();
    next += parameters;
    for (std::size_t i = 0; i < statistics; ++i) {
      stack.tensors[next++].offset += stack.parameter_count;
    }
    stacked.statistics_offset += stack.parameter_count;
  }
  stack.parameter_count += stack.statistics_count;
}

void find_readers(LayerStack& stack) {
  stack.readers.assign(stack.layers.size() + 1, 0);
  stack.needs_gradient.assign(stack.layers.size() + 1, false);
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    const StackedLayer& stacked = stack.layers[i];
    ++stack.readers[stacked.from];
    if (stacked.beside) {
      ++stack.readers[*stacked.beside];
    }
    stack.needs_gradient[i + 1] =
        stacked.parameter_count > 0 || stack.wants_input_gradient(stacked);
  }
}

}  // namespace

LayerStack build_layers(const NetworkSpec& spec) {
  LayerStack stack;
  StackBuilder builder(spec, stack);
  try {
    check_input_and_initializer(spec);
    builder.append_all(spec.layers, "layer", 0);
  } catch (const ConfigError& error) {
    throw ConfigError("model \"" + spec.name + "\"" + builder.place() + ": " + error.what());
  }
  place_statistics(stack);
  find_readers(stack);
  absorb_relus(stack);
  return stack;
}

}  // namespace hermes::nn
