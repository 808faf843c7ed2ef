#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/random.hpp"
#include "layer_stack.hpp"
#include "workspace_layout.hpp"

namespace hermes::nn {

/// The layers of a network with all their memory, run one by one. What calls what is up to the
/// caller: forward through all layers in order, then backward through all in reverse.
/// Call order: (start_forward forward* (start_backward backward*)?)*. Allocates in the constructor
/// and in `reserve` only.
class LayerRunner {
 public:
  LayerRunner(LayerStack stack, std::size_t batch_max);

  /// Fresh zeros for batches of this size.
  void reserve(std::size_t batch_max);

  void start_forward(const float* samples, std::size_t batch);
  void forward(std::size_t layer, Mode mode);
  ConstTensorView output() { return input_of(stack_.layers.size()); }

  void start_backward(std::span<const float> output_gradient);
  /// Does nothing for a layer before the first that trains.
  void backward(std::size_t layer, bool accumulates);

  const LayerStack& stack() const { return stack_; }
  const WorkspaceLayout& layout() const { return layout_; }
  std::size_t batch_max() const { return batch_max_; }
  std::size_t batch() const { return batch_; }  ///< of the last forward

  AlignedVector<float> parameters;  ///< [trained | statistics]
  AlignedVector<float> gradients;   ///< of the same layout; zeros for statistics
  RandomStream dropout_stream{0, RandomPurpose::Dropout};

 private:
  LayerContext context(std::size_t layer, Mode mode, bool accumulates = false);
  TensorView activation(std::size_t index);
  ConstTensorView input_of(std::size_t index);
  TensorView input_gradient(std::size_t layer, const TensorView& dy);
  void deliver(std::size_t activation, const TensorView& dx, std::optional<std::size_t> sum);
  TensorView in_buffer(std::size_t buffer, const Shape& shape, const Halo& halo);
  bool is_in(const TensorView& view, std::size_t buffer) const;

  LayerStack stack_;
  std::size_t batch_max_ = 0;
  WorkspaceLayout layout_;
  AlignedVector<float> activations_;
  AlignedVector<std::byte> saved_;
  AlignedVector<float> scratch_;
  AlignedVector<float> gradient_buffers_;
  std::vector<TensorView> activation_gradients_;  // found so far; empty: none

  const float* samples_ = nullptr;
  std::size_t batch_ = 0;
};

}  // namespace hermes::nn
