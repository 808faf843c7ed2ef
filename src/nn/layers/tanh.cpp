#include "hermes/nn/layers/tanh.hpp"

#include "elementwise_layer.hpp"
#include "nn/kernels/activations.hpp"

namespace hermes::nn {
namespace {

class Tanh final : public ElementwiseLayer {
 public:
  using ElementwiseLayer::ElementwiseLayer;
  std::string_view name() const override { return "tanh"; }

 private:
  void apply(std::span<const float> x, std::span<float> y) const override { tanh_forward(x, y); }

  void apply_derivative(std::span<const float> y, std::span<const float> dy,
                        std::span<float> dx) const override {
    tanh_backward(y, dy, dx);
  }
};

}  // namespace

std::unique_ptr<Layer> make_layer(const TanhSpec& /*spec*/, const Shape& input) {
  return std::make_unique<Tanh>(input);
}

}  // namespace hermes::nn
