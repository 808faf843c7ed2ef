#include "hermes/nn/layers/softplus.hpp"

#include "elementwise_layer.hpp"
#include "nn/kernels/activations.hpp"

namespace hermes::nn {
namespace {

class Softplus final : public ElementwiseLayer {
 public:
  using ElementwiseLayer::ElementwiseLayer;
  std::string_view name() const override { return "softplus"; }

 private:
  void apply(std::span<const float> x, std::span<float> y) const override {
    softplus_forward(x, y);
  }

  void apply_derivative(std::span<const float> y, std::span<const float> dy,
                        std::span<float> dx) const override {
    softplus_backward(y, dy, dx);
  }
};

}  // namespace

std::unique_ptr<Layer> make_layer(const SoftplusSpec& /*spec*/, const Shape& input) {
  return std::make_unique<Softplus>(input);
}

}  // namespace hermes::nn
