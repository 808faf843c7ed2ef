#include "hermes/nn/layers/flatten.hpp"

#include "view_ops.hpp"

namespace hermes::nn {
namespace {

class Flatten final : public Layer {
 public:
  explicit Flatten(const Shape& input) : output_(input.flattened()) {}

  std::string_view name() const override { return "flatten"; }
  Shape output_shape() const override { return output_; }
  OutputStorage output_storage() const override { return OutputStorage::View; }

  /// Where others read the image as well, with a halo, a view does not do.
  void forward(const LayerContext& /*context*/, ConstTensorView x, TensorView y) const override {
    if (!y.empty()) {
      copy_values(x, y);
    }
  }
  void backward(const LayerContext&, ConstTensorView, ConstTensorView, ConstTensorView,
                TensorView) const override {}

 private:
  Shape output_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const FlattenSpec& /*spec*/, const Shape& input) {
  return std::make_unique<Flatten>(input);
}

}  // namespace hermes::nn
