#include "hermes/nn/layers/relu.hpp"

#include "elementwise_layer.hpp"

namespace hermes::nn {
namespace {

class Relu final : public ElementwiseLayer {
 public:
  using ElementwiseLayer::ElementwiseLayer;
  std::string_view name() const override { return "relu"; }

 private:
  void apply(std::span<float> values) const override {
    for (float& value : values) {
      value = value < 0.0F ? 0.0F : value;  // this way round NaN stays NaN
    }
  }

  void apply_derivative(std::span<const float> y, std::span<float> gradient) const override {
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      gradient[i] = y[i] > 0.0F ? gradient[i] : 0.0F;
    }
  }
};

}  // namespace

std::unique_ptr<Layer> make_layer(const ReluSpec& /*spec*/, const Shape& input) {
  return std::make_unique<Relu>(input);
}

}  // namespace hermes::nn
