#include "hermes/nn/layers/flatten.hpp"

namespace hermes::nn {
namespace {

class Flatten final : public Layer {
 public:
  explicit Flatten(const Shape& input) : output_(input.flattened()) {}

  std::string_view name() const override { return "flatten"; }
  Shape output_shape() const override { return output_; }
  OutputStorage output_storage() const override { return OutputStorage::View; }

  void forward(const LayerContext&, ConstTensorView, TensorView) const override {}
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
