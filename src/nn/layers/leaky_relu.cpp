#include "hermes/nn/layers/leaky_relu.hpp"

#include "../spec_check.hpp"
#include "elementwise_layer.hpp"

namespace hermes::nn {
namespace {

class LeakyRelu final : public ElementwiseLayer {
 public:
  LeakyRelu(const Shape& shape, float slope) : ElementwiseLayer(shape), slope_(slope) {}
  std::string_view name() const override { return "leaky_relu"; }

 private:
  void apply(std::span<float> values) const override {
    const float slope = slope_;
    for (float& value : values) {
      value = value < 0.0F ? slope * value : value;
    }
  }

  // The sign of y tells that of x because the slope is not negative.
  void apply_derivative(std::span<const float> y, std::span<float> gradient) const override {
    const float slope = slope_;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      gradient[i] *= y[i] > 0.0F ? 1.0F : slope;
    }
  }

  float slope_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const LeakyReluSpec& spec, const Shape& input) {
  require_in_closed("slope", spec.slope, 0.0, 1.0);
  return std::make_unique<LeakyRelu>(input, static_cast<float>(spec.slope));
}

}  // namespace hermes::nn
