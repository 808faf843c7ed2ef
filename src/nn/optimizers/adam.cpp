#include "hermes/nn/optimizers/adam.hpp"

#include "adam_update.hpp"

namespace hermes::nn {
namespace {

class Adam final : public Optimizer {
 public:
  Adam(const AdamCoefficients& coefficients, std::size_t parameter_count)
      : Optimizer(parameter_count, 2), coefficients_(coefficients) {}

 private:
  void update(const Part& part, std::span<float> parameters, std::span<const float> gradients,
              double learning_rate) override {
    const WeightDecay decay = part.decays ? WeightDecay::InGradient : WeightDecay::None;
    adam_update(adam_factors(coefficients_, decay, step_count(), learning_rate), gradients,
                slot(0, part), slot(1, part), parameters);
  }

  AdamCoefficients coefficients_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const AdamSpec& spec, std::size_t parameter_count) {
  const AdamCoefficients coefficients{spec.beta1, spec.beta2, spec.epsilon, spec.weight_decay};
  validate(coefficients);
  return std::make_unique<Adam>(coefficients, parameter_count);
}

}  // namespace hermes::nn
