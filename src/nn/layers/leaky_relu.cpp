#include "hermes/nn/layers/leaky_relu.hpp"

#include "../spec_check.hpp"
#include "elementwise_layer.hpp"
#include "nn/kernels/activations.hpp"

namespace hermes::nn {
namespace {

class LeakyRelu final : public ElementwiseLayer {
 public:
  LeakyRelu(const Shape& shape, float slope) : ElementwiseLayer(shape), slope_(slope) {}
  std::string_view name() const override { return "leaky_relu"; }

 private:
  void apply(std::span<const float> x, std::span<float> y) const override {
    leaky_relu_forward(slope_, x, y);
  }

  void apply_derivative(std::span<const float> y, std::span<const float> dy,
                        std::span<float> dx) const override {
    leaky_relu_backward(slope_, y, dy, dx);
  }

  float slope_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const LeakyReluSpec& spec, const Shape& input) {
  require_in_closed("slope", spec.slope, 0.0, 1.0);
  return std::make_unique<LeakyRelu>(input, static_cast<float>(spec.slope));
}

}  // namespace hermes::nn
