#include "hermes/nn/layers/sigmoid.hpp"

#include "elementwise_layer.hpp"
#include "nn/kernels/activations.hpp"

namespace hermes::nn {
namespace {

class Sigmoid final : public ElementwiseLayer {
 public:
  using ElementwiseLayer::ElementwiseLayer;
  std::string_view name() const override { return "sigmoid"; }

 private:
  void apply(std::span<const float> x, std::span<float> y) const override { sigmoid_forward(x, y); }

  void apply_derivative(std::span<const float> y, std::span<const float> dy,
                        std::span<float> dx) const override {
    sigmoid_backward(y, dy, dx);
  }
};

}  // namespace

std::unique_ptr<Layer> make_layer(const SigmoidSpec& /*spec*/, const Shape& input) {
  return std::make_unique<Sigmoid>(input);
}

}  // namespace hermes::nn
