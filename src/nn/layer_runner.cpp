#include "layer_runner.hpp"

#include <algorithm>
#include <utility>

#include "hermes/core/assert.hpp"
#include "layers/view_ops.hpp"

namespace hermes::nn {
namespace {

/// Zeros; the old buffer is gone before the new one comes.
template <class T>
void replace(AlignedVector<T>& buffer, std::size_t size) {
  buffer = AlignedVector<T>();
  buffer.resize(size);
}

}  // namespace

LayerRunner::LayerRunner(LayerStack stack, std::size_t batch_max)
    : parameters(stack.parameter_count),
      gradients(stack.parameter_count),
      stack_(std::move(stack)),
      activation_gradients_(stack_.layers.size() + 1) {
  reserve(batch_max);
}

// Fresh zeros: halos are never written again.
void LayerRunner::reserve(std::size_t batch_max) {
  HERMES_ASSERT(batch_max > 0, "network: needs room for at least one sample");
  batch_max_ = batch_max;
  layout_ = plan_workspace(stack_, batch_max);
  replace(activations_, layout_.activation_floats);
  replace(saved_, layout_.saved_bytes);
  replace(scratch_, layout_.scratch_floats);
  replace(gradient_buffers_, layout_.gradient_buffers * layout_.gradient_floats);
  batch_ = 0;
}

LayerContext LayerRunner::context(std::size_t layer, Mode mode, bool accumulates) {
  const StackedLayer& stacked = stack_.layers[layer];
  const std::span<float> values(parameters);
  return {mode,
          values.subspan(stacked.parameter_offset, stacked.parameter_count),
          std::span<float>(gradients).subspan(stacked.parameter_offset, stacked.parameter_count),
          scratch_,
          std::span<std::byte>(saved_).subspan(layout_.saved_offsets[layer]),
          dropout_stream,
          accumulates,
          values.subspan(stacked.statistics_offset, stacked.statistics_count),
          stacked.beside ? input_of(*stacked.beside) : ConstTensorView{}};
}

TensorView LayerRunner::activation(std::size_t index) {
  const ActivationSlot& slot = layout_.activations[index];
  return TensorView::with_halo(activations_.data() + slot.offset, batch_, slot.shape, slot.halo);
}

ConstTensorView LayerRunner::input_of(std::size_t index) {
  const ActivationSlot& slot = layout_.activations[index];
  return slot.external ? ConstTensorView::contiguous(samples_, batch_, slot.shape)
                       : ConstTensorView(activation(index));
}

void LayerRunner::start_forward(const float* samples, std::size_t batch) {
  samples_ = samples;
  batch_ = batch;
  const ActivationSlot& slot = layout_.activations[0];
  if (!slot.external) {
    copy_values(ConstTensorView::contiguous(samples, batch, slot.shape), activation(0));
  }
}

void LayerRunner::forward(std::size_t layer, Mode mode) {
  const bool external = layout_.activations[layer + 1].external;
  stack_.layers[layer].layer->forward(context(layer, mode), input_of(stack_.layers[layer].from),
                                      external ? TensorView{} : activation(layer + 1));
}

// The output's gradient is copied, because layers that work in place overwrite it.
void LayerRunner::start_backward(std::span<const float> output_gradient) {
  std::ranges::fill(activation_gradients_, TensorView{});
  const TensorView dy =
      in_buffer(layout_.output_gradient, layout_.activations.back().shape, Halo{});
  std::ranges::copy(output_gradient, dy.data);
  activation_gradients_.back() = dy;
}

void LayerRunner::backward(std::size_t layer, bool accumulates) {
  if (!stack_.needs_gradient[layer + 1]) {
    return;
  }
  const StackedLayer& stacked = stack_.layers[layer];
  const GradientStep& step = layout_.gradients[layer];
  const TensorView dy = activation_gradients_[layer + 1];
  const TensorView dx =
      stack_.wants_input_gradient(stacked) ? input_gradient(layer, dy) : TensorView{};
  stacked.layer->backward(context(layer, Mode::Training, accumulates), input_of(stacked.from),
                          input_of(layer + 1), dy, dx);
  if (stack_.needs_gradient[stacked.from]) {
    deliver(stacked.from, dx, step.sum);
  }
  if (stacked.beside && stack_.needs_gradient[*stacked.beside]) {
    deliver(*stacked.beside, dx, step.sum_beside);
  }
}

/// Where a layer puts the gradient of its input.
TensorView LayerRunner::input_gradient(std::size_t layer, const TensorView& dy) {
  const StackedLayer& stacked = stack_.layers[layer];
  if (const std::optional<std::size_t> buffer = layout_.gradients[layer].buffer) {
    return in_buffer(*buffer, stacked.input, stacked.layer->input_padding());
  }
  if (stacked.input == stacked.layer->output_shape()) {
    return dy;
  }
  HERMES_ASSERT(dy.is_contiguous(), "network: a view's gradient has gaps");
  return TensorView::contiguous(dy.data, dy.batch, stacked.input);
}

void LayerRunner::deliver(std::size_t activation, const TensorView& dx,
                          std::optional<std::size_t> sum) {
  TensorView& gradient = activation_gradients_[activation];
  if (!sum) {
    gradient = dx;
    return;
  }
  const TensorView target = is_in(dx, *sum) ? dx
                            : is_in(gradient, *sum)
                                ? gradient
                                : in_buffer(*sum, layout_.activations[activation].shape, {});
  add_values(gradient, dx, target);
  gradient = target;
}

TensorView LayerRunner::in_buffer(std::size_t buffer, const Shape& shape, const Halo& halo) {
  return TensorView::with_halo(gradient_buffers_.data() + buffer * layout_.gradient_floats, batch_,
                               shape, halo);
}

bool LayerRunner::is_in(const TensorView& view, std::size_t buffer) const {
  const auto place = static_cast<std::size_t>(view.data - gradient_buffers_.data());
  return place / layout_.gradient_floats == buffer;
}

}  // namespace hermes::nn
