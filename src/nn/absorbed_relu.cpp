#include "absorbed_relu.hpp"

#include <algorithm>
#include <span>

namespace hermes::nn {
namespace {

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

/// The layer that takes this activation as its input, where nobody else reads it.
Layer* only_reader(const LayerStack& stack, std::size_t activation) {
  if (stack.readers[activation] != 1) {
    return nullptr;
  }
  // Layer i writes activation i + 1, so who reads it comes later, in a chain at once.
  const auto later = std::span(stack.layers).subspan(activation);
  const auto reader = std::ranges::find(later, activation, &StackedLayer::from);
  return reader != later.end() ? reader->layer.get() : nullptr;
}

}  // namespace

// The layer behind a ReLU is asked first: pooling takes it for nothing, whereas a layer before it
// may need its output for that in backward. What others read as well has to stay as it is.
void absorb_relus(LayerStack& stack) {
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    StackedLayer& relu = stack.layers[i];
    if (!relu.layer->is_relu()) {
      continue;
    }
    Layer* next = only_reader(stack, i + 1);
    const bool next_takes_it = next != nullptr && next->fuse_relu_of_input();
    const bool is_alone = relu.from > 0 && stack.readers[relu.from] == 1;
    if (next_takes_it || (is_alone && stack.layers[relu.from - 1].layer->fuse_relu_of_output())) {
      relu.layer = std::make_unique<AbsorbedRelu>(relu.input);
    }
  }
}

}  // namespace hermes::nn
