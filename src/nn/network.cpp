#include "hermes/nn/network.hpp"

#include <algorithm>
#include <utility>

#include "hermes/core/assert.hpp"
#include "layer_runner.hpp"
#include "slice_size.hpp"
#include "workspace_layout.hpp"

namespace hermes::nn {

struct Network::Impl {
  Impl(NetworkSpec network_spec, std::size_t batch_max)
      : spec(std::move(network_spec)),
        runner(build_layers(spec), batch_max),
        slice_size(choose_slice_size(runner.stack())) {}

  void backward(std::span<const float> output_gradient, bool accumulates);

  NetworkSpec spec;
  LayerRunner runner;
  std::size_t slice_size;
  bool ready_for_backward = false;
};

Network::Network(NetworkSpec spec, std::size_t batch_max)
    : impl_(std::make_unique<Impl>(std::move(spec), batch_max)) {}
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

std::span<const float> Network::forward(std::span<const float> x, std::size_t batch, Mode mode) {
  LayerRunner& runner = impl_->runner;
  HERMES_ASSERT(batch > 0 && batch <= runner.batch_max(), "forward: batch out of range");
  HERMES_ASSERT(x.size() == batch * input_size(), "forward: samples of another size");
  runner.start_forward(x.data(), batch);
  for (std::size_t i = 0; i < runner.stack().layers.size(); ++i) {
    runner.forward(i, mode);
  }
  impl_->ready_for_backward = mode == Mode::Training;
  return {runner.output().data, batch * output_size()};
}

void Network::backward(std::span<const float> output_gradient) {
  impl_->backward(output_gradient, false);
}

void Network::add_backward(std::span<const float> output_gradient) {
  impl_->backward(output_gradient, true);
}

void Network::Impl::backward(std::span<const float> output_gradient, bool accumulates) {
  HERMES_ASSERT(ready_for_backward, "backward: needs a forward in training mode before it");
  HERMES_ASSERT(
      output_gradient.size() == runner.batch() * runner.layout().activations.back().shape.size(),
      "backward: gradient of another size");
  ready_for_backward = false;
  runner.start_backward(output_gradient);
  for (std::size_t i = runner.stack().layers.size(); i-- > 0;) {
    runner.backward(i, accumulates);
  }
}

void Network::initialize(RandomStream& random) {
  for (const ParameterTensor& tensor : impl_->runner.stack().tensors) {
    initialize_tensor(impl_->spec.initializer, tensor, impl_->runner.parameters, random);
  }
}

void Network::set_parameters(std::span<const float> values) {
  HERMES_ASSERT(values.size() == parameter_count(), "set_parameters: wrong size");
  std::copy(values.begin(), values.end(), impl_->runner.parameters.begin());
}

void Network::reserve(std::size_t batch_max) {
  if (batch_max > impl_->runner.batch_max()) {
    impl_->runner.reserve(batch_max);
    impl_->ready_for_backward = false;
  }
}

void Network::set_dropout_stream(const RandomStream& stream) {
  impl_->runner.dropout_stream = stream;
}

const NetworkSpec& Network::spec() const {
  return impl_->spec;
}
std::size_t Network::batch_max() const {
  return impl_->runner.batch_max();
}
std::size_t Network::slice_size() const {
  return impl_->slice_size;
}
std::size_t Network::input_size() const {
  return impl_->spec.input.size();
}
std::size_t Network::output_size() const {
  return impl_->runner.layout().activations.back().shape.size();
}
std::size_t Network::parameter_count() const {
  return impl_->runner.stack().parameter_count;
}
std::size_t Network::statistics_count() const {
  return impl_->runner.stack().statistics_count;
}
std::size_t Network::trained_count() const {
  return parameter_count() - statistics_count();
}
std::size_t Network::minibatch_min() const {
  std::size_t least = 1;
  for (const StackedLayer& stacked : impl_->runner.stack().layers) {
    least = std::max(least, stacked.layer->minibatch_min());
  }
  return least;
}
std::span<float> Network::parameters() {
  return impl_->runner.parameters;
}
std::span<const float> Network::parameters() const {
  return impl_->runner.parameters;
}
std::span<float> Network::gradients() {
  return impl_->runner.gradients;
}
std::span<const float> Network::gradients() const {
  return impl_->runner.gradients;
}
const RandomStream& Network::dropout_stream() const {
  return impl_->runner.dropout_stream;
}
std::span<const ParameterTensor> Network::named_parameters() const {
  return impl_->runner.stack().tensors;
}

std::vector<LayerSummary> Network::summary() const {
  const LayerStack& stack = impl_->runner.stack();
  std::vector<LayerSummary> summary;
  for (const StackedLayer& stacked : stack.layers) {
    const LayerFlops cost = stacked.layer->flops();
    const std::uint64_t input_gradient =
        stack.wants_input_gradient(stacked) ? cost.input_gradient : 0;
    summary.push_back({stacked.type, stacked.layer->output_shape(),
                       stacked.parameter_count + stacked.statistics_count,
                       Flops{cost.forward, cost.parameter_gradient + input_gradient}});
  }
  return summary;
}

Flops Network::flops() const {
  Flops total;
  for (const LayerSummary& layer : summary()) {
    total.forward += layer.flops.forward;
    total.backward += layer.flops.backward;
  }
  return total;
}

std::vector<ParameterTensor> Network::parameter_layout(const NetworkSpec& spec) {
  return build_layers(spec).tensors;
}

NetworkMemory Network::memory_bytes(const NetworkSpec& spec, std::size_t batch_max) {
  const LayerStack stack = build_layers(spec);
  const WorkspaceLayout layout = plan_workspace(stack, batch_max);
  NetworkMemory memory;
  memory.parameters = stack.parameter_count * sizeof(float);
  memory.gradients = memory.parameters;
  memory.activations = layout.activation_floats * sizeof(float) + layout.saved_bytes;
  memory.workspace =
      (layout.gradient_buffers * layout.gradient_floats + layout.scratch_floats) * sizeof(float);
  return memory;
}

}  // namespace hermes::nn
