#include "hermes/nn/layers/tanh.hpp"

#include <Eigen/Core>

#include "elementwise_layer.hpp"

namespace hermes::nn {
namespace {

class Tanh final : public ElementwiseLayer {
 public:
  using ElementwiseLayer::ElementwiseLayer;
  std::string_view name() const override { return "tanh"; }

 private:
  void apply(std::span<float> values) const override {
    Eigen::Map<Eigen::ArrayXf> array(values.data(), static_cast<Eigen::Index>(values.size()));
    array = array.tanh();
  }

  void apply_derivative(std::span<const float> y, std::span<float> gradient) const override {
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      gradient[i] *= 1.0F - y[i] * y[i];
    }
  }
};

}  // namespace

std::unique_ptr<Layer> make_layer(const TanhSpec& /*spec*/, const Shape& input) {
  return std::make_unique<Tanh>(input);
}

}  // namespace hermes::nn
