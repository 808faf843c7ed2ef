#include "hermes/nn/layers/sigmoid.hpp"

#include <Eigen/Core>

#include "elementwise_layer.hpp"

namespace hermes::nn {
namespace {

class Sigmoid final : public ElementwiseLayer {
 public:
  using ElementwiseLayer::ElementwiseLayer;
  std::string_view name() const override { return "sigmoid"; }

 private:
  void apply(std::span<float> values) const override {
    Eigen::Map<Eigen::ArrayXf> array(values.data(), static_cast<Eigen::Index>(values.size()));
    array = array.logistic();
  }

  void apply_derivative(std::span<const float> y, std::span<float> gradient) const override {
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      gradient[i] *= y[i] * (1.0F - y[i]);
    }
  }
};

}  // namespace

std::unique_ptr<Layer> make_layer(const SigmoidSpec& /*spec*/, const Shape& input) {
  return std::make_unique<Sigmoid>(input);
}

}  // namespace hermes::nn
