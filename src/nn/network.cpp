#include "hermes/nn/network.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "hermes/core/assert.hpp"
#include "hermes/core/buffer.hpp"
#include "layer_stack.hpp"
#include "layers/view_ops.hpp"
#include "slice_size.hpp"
#include "workspace_layout.hpp"

namespace hermes::nn {
namespace {

/// Zeros; the old buffer is gone before the new one comes.
template <class T>
void replace(AlignedVector<T>& buffer, std::size_t size) {
  buffer = AlignedVector<T>();
  buffer.resize(size);
}

}  // namespace

struct Network::Impl {
  Impl(NetworkSpec network_spec, std::size_t largest_batch)
      : spec(std::move(network_spec)),
        stack(build_layers(spec)),
        slice_size(choose_slice_size(stack)),
        parameters(stack.parameter_count),
        gradients(stack.parameter_count) {
    allocate_workspace(largest_batch);
  }

  // Fresh zeros: halos are never written again.
  void allocate_workspace(std::size_t largest_batch) {
    HERMES_ASSERT(largest_batch > 0, "network: needs room for at least one sample");
    batch_max = largest_batch;
    layout = plan_workspace(stack, batch_max);
    replace(activations, layout.activation_floats);
    replace(saved, layout.saved_bytes);
    replace(scratch, layout.scratch_floats);
    for (AlignedVector<float>& buffer : activation_gradients) {
      replace(buffer, layout.gradient_floats);
    }
    batch = 0;
    ready_for_backward = false;
  }

  LayerContext context(std::size_t index, Mode mode, bool accumulates = false) {
    const StackedLayer& stacked = stack.layers[index];
    const std::size_t offset = stacked.parameter_offset;
    const std::size_t count = stacked.parameter_count;
    return {mode,
            std::span<const float>(parameters).subspan(offset, count),
            std::span<float>(gradients).subspan(offset, count),
            scratch,
            std::span<std::byte>(saved).subspan(layout.saved_offsets[index]),
            dropout_stream,
            accumulates};
  }

  TensorView activation(std::size_t index) {
    const ActivationSlot& slot = layout.activations[index];
    return TensorView::with_halo(activations.data() + slot.offset, batch, slot.shape, slot.halo);
  }

  ConstTensorView input_of(std::size_t index) {
    const ActivationSlot& slot = layout.activations[index];
    return slot.external ? ConstTensorView::contiguous(samples, batch, slot.shape)
                         : ConstTensorView(activation(index));
  }

  void backward(std::span<const float> output_gradient, bool accumulates);
  TensorView input_gradient(std::size_t index, const TensorView& dy);

  NetworkSpec spec;
  LayerStack stack;
  std::size_t slice_size;
  AlignedVector<float> parameters;
  AlignedVector<float> gradients;

  std::size_t batch_max = 0;
  WorkspaceLayout layout;
  AlignedVector<float> activations;
  AlignedVector<std::byte> saved;
  AlignedVector<float> scratch;
  std::array<AlignedVector<float>, 2> activation_gradients;
  RandomStream dropout_stream{0, RandomPurpose::Dropout};

  // Of the last forward.
  const float* samples = nullptr;
  std::size_t batch = 0;
  bool ready_for_backward = false;
};

/// Where layer `index` puts the gradient of its input: over that of its output, or into the buffer
/// that its output's gradient is not in.
TensorView Network::Impl::input_gradient(std::size_t index, const TensorView& dy) {
  const StackedLayer& stacked = stack.layers[index];
  switch (stacked.layer->output_storage()) {
    case OutputStorage::InPlace:
      return dy;
    case OutputStorage::View:
      if (stacked.input == stacked.layer->output_shape()) {
        return dy;
      }
      HERMES_ASSERT(dy.is_contiguous(), "network: a view's gradient has gaps");
      return TensorView::contiguous(dy.data, dy.batch, stacked.input);
    case OutputStorage::Own:
      break;
  }
  const float* first = activation_gradients[0].data();
  const bool in_first = dy.data >= first && dy.data < first + layout.gradient_floats;
  return TensorView::with_halo(activation_gradients[in_first ? 1 : 0].data(), dy.batch,
                               stacked.input, stacked.layer->input_padding());
}

Network::Network(NetworkSpec spec, std::size_t batch_max)
    : impl_(std::make_unique<Impl>(std::move(spec), batch_max)) {}
Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

std::span<const float> Network::forward(std::span<const float> x, std::size_t batch, Mode mode) {
  HERMES_ASSERT(batch > 0 && batch <= impl_->batch_max, "forward: batch out of range");
  HERMES_ASSERT(x.size() == batch * input_size(), "forward: samples of another size");
  impl_->samples = x.data();
  impl_->batch = batch;
  if (!impl_->layout.activations[0].external) {
    copy_values(ConstTensorView::contiguous(x.data(), batch, impl_->spec.input),
                impl_->activation(0));
  }
  for (std::size_t i = 0; i < impl_->stack.layers.size(); ++i) {
    const bool external = impl_->layout.activations[i + 1].external;
    impl_->stack.layers[i].layer->forward(impl_->context(i, mode), impl_->input_of(i),
                                          external ? TensorView{} : impl_->activation(i + 1));
  }
  impl_->ready_for_backward = mode == Mode::Training;
  return {impl_->input_of(impl_->stack.layers.size()).data, batch * output_size()};
}

void Network::backward(std::span<const float> output_gradient) {
  impl_->backward(output_gradient, false);
}

void Network::add_backward(std::span<const float> output_gradient) {
  impl_->backward(output_gradient, true);
}

void Network::Impl::backward(std::span<const float> output_gradient, bool accumulates) {
  const Shape& output = layout.activations.back().shape;
  HERMES_ASSERT(ready_for_backward, "backward: needs a forward in training mode before it");
  HERMES_ASSERT(output_gradient.size() == batch * output.size(),
                "backward: gradient of another size");
  ready_for_backward = false;
  // A copy, because layers that work in place overwrite it.
  TensorView dy = TensorView::contiguous(activation_gradients[0].data(), batch, output);
  std::copy(output_gradient.begin(), output_gradient.end(), dy.data);
  for (std::size_t i = stack.layers.size(); i-- > stack.first_trainable;) {
    const bool wanted = i > stack.first_trainable;
    const TensorView dx = wanted ? input_gradient(i, dy) : TensorView{};
    stack.layers[i].layer->backward(context(i, Mode::Training, accumulates), input_of(i),
                                    input_of(i + 1), dy, dx);
    dy = dx;
  }
}

void Network::initialize(RandomStream& random) {
  for (const ParameterTensor& tensor : impl_->stack.tensors) {
    initialize_tensor(impl_->spec.initializer, tensor, impl_->parameters, random);
  }
}

void Network::set_parameters(std::span<const float> values) {
  HERMES_ASSERT(values.size() == parameter_count(), "set_parameters: wrong size");
  std::copy(values.begin(), values.end(), impl_->parameters.begin());
}

void Network::reserve(std::size_t batch_max) {
  if (batch_max > impl_->batch_max) {
    impl_->allocate_workspace(batch_max);
  }
}

void Network::set_dropout_stream(const RandomStream& stream) {
  impl_->dropout_stream = stream;
}

const NetworkSpec& Network::spec() const {
  return impl_->spec;
}
std::size_t Network::batch_max() const {
  return impl_->batch_max;
}
std::size_t Network::slice_size() const {
  return impl_->slice_size;
}
std::size_t Network::input_size() const {
  return impl_->spec.input.size();
}
std::size_t Network::output_size() const {
  return impl_->layout.activations.back().shape.size();
}
std::size_t Network::parameter_count() const {
  return impl_->stack.parameter_count;
}
std::span<float> Network::parameters() {
  return impl_->parameters;
}
std::span<const float> Network::parameters() const {
  return impl_->parameters;
}
std::span<float> Network::gradients() {
  return impl_->gradients;
}
std::span<const float> Network::gradients() const {
  return impl_->gradients;
}
const RandomStream& Network::dropout_stream() const {
  return impl_->dropout_stream;
}
std::span<const ParameterTensor> Network::named_parameters() const {
  return impl_->stack.tensors;
}

std::vector<LayerSummary> Network::summary() const {
  std::vector<LayerSummary> summary;
  for (std::size_t i = 0; i < impl_->stack.layers.size(); ++i) {
    const StackedLayer& stacked = impl_->stack.layers[i];
    const LayerFlops cost = stacked.layer->flops();
    const std::uint64_t input_gradient = i > impl_->stack.first_trainable ? cost.input_gradient : 0;
    summary.push_back({stacked.type, stacked.layer->output_shape(), stacked.parameter_count,
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
  memory.workspace = (2 * layout.gradient_floats + layout.scratch_floats) * sizeof(float);
  return memory;
}

}  // namespace hermes::nn
