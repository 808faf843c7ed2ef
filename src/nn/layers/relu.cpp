#include "hermes/nn/layers/relu.hpp"

#include "elementwise_layer.hpp"
#include "nn/kernels/activations.hpp"

namespace hermes::nn {
namespace {

class Relu final : public ElementwiseLayer {
 public:
  using ElementwiseLayer::ElementwiseLayer;
  std::string_view name() const override { return "relu"; }
  bool is_relu() const override { return true; }

 private:
  void apply(std::span<const float> x, std::span<float> y) const override { relu_forward(x, y); }

  void apply_derivative(std::span<const float> y, std::span<const float> dy,
                        std::span<float> dx) const override {
    relu_backward(y, dy, dx);
  }
};

}  // namespace

std::unique_ptr<Layer> make_layer(const ReluSpec& /*spec*/, const Shape& input) {
  return std::make_unique<Relu>(input);
}

}  // namespace hermes::nn
