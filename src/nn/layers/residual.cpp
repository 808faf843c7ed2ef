#include "hermes/nn/layers/residual.hpp"

#include "hermes/core/error.hpp"
#include "hermes/nn/layer_spec.hpp"
#include "nn/kernels/activations.hpp"
#include "nn/kernels/addition.hpp"
#include "view_ops.hpp"

namespace hermes::nn {
namespace {

/// Adds what body and shortcut put out, over the body's output where nobody needs that. Both get
/// the gradient that comes in.
class Addition final : public Layer {
 public:
  explicit Addition(const Shape& shape) : shape_(shape) {}

  std::string_view name() const override { return "residual"; }
  Shape output_shape() const override { return shape_; }
  OutputStorage output_storage() const override { return OutputStorage::InPlace; }
  bool backward_needs_output() const override { return relu_; }
  bool fuse_relu_of_output() override { return relu_ = true; }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    for_each_run(relu_ ? add_relu : add, x, context.beside, y);
  }

  void backward(const LayerContext& /*context*/, ConstTensorView /*x*/, ConstTensorView y,
                ConstTensorView dy, TensorView dx) const override {
    if (relu_) {
      for_each_run(relu_backward, y, dy, dx);
    } else {
      copy_values(dy, dx);
    }
  }

 private:
  Shape shape_;
  bool relu_ = false;  // of the output, fused
};

}  // namespace

std::unique_ptr<Layer> make_layer(const ResidualSpec& /*spec*/, const Shape& input) {
  return std::make_unique<Addition>(input);
}

void check_can_be_added(const Shape& body, const Shape& shortcut) {
  if (body != shortcut && body.size() == shortcut.size() && body.flat && shortcut.flat) {
    throw ConfigError(
        "body: expected its values in the order of the shortcut's, found one of them a flattened "
        "image (a dense layer in the shortcut helps)");
  }
  if (body != shortcut) {
    throw ConfigError("body: expected it to end with " + to_string(shortcut) +
                      " as the shortcut does, found " + to_string(body));
  }
}

}  // namespace hermes::nn
