#include "hermes/nn/layers/gelu.hpp"

#include "nn/kernels/gelu.hpp"
#include "view_ops.hpp"

namespace hermes::nn {
namespace {

/// Works in place; its output does not tell the derivative, which is kept instead of the input.
class Gelu final : public Layer {
 public:
  explicit Gelu(const Shape& shape) : shape_(shape) {}

  std::string_view name() const override { return "gelu"; }
  Shape output_shape() const override { return shape_; }
  OutputStorage output_storage() const override { return OutputStorage::InPlace; }
  std::size_t saved_bytes(std::size_t batch) const override {
    return batch * shape_.size() * sizeof(float);
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    float* derivative =
        context.mode == Mode::Training ? reinterpret_cast<float*>(context.saved.data()) : nullptr;
    for_each_run(
        [&](auto from, auto to) {
          gelu(from, to, {derivative, derivative == nullptr ? 0 : to.size()});
          derivative = derivative == nullptr ? nullptr : derivative + to.size();
        },
        x, y);
  }

  void backward(const LayerContext& context, ConstTensorView /*x*/, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    const float* derivative = reinterpret_cast<const float*>(context.saved.data());
    for_each_run(
        [&](auto from, auto to) {
          multiply_values({derivative, to.size()}, from, to);
          derivative += to.size();
        },
        dy, dx);
  }

 private:
  Shape shape_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const GeluSpec& /*spec*/, const Shape& input) {
  return std::make_unique<Gelu>(input);
}

}  // namespace hermes::nn
