#include "hermes/nn/optimizers/adam.hpp"

#include "adam_family.hpp"

namespace hermes::nn {
namespace {

class Adam final : public Optimizer {
 public:
  Adam(const AdamCoefficients& coefficients, WeightDecay decay, std::size_t parameter_count)
      : Optimizer(parameter_count, 2), coefficients_(coefficients), decay_(decay) {}

 private:
  void update(const Part& part, std::span<float> parameters, std::span<const float> gradients,
              double learning_rate) override {
    const WeightDecay decay = part.decays ? decay_ : WeightDecay::None;
    adam_update(adam_factors(coefficients_, decay, step_count(), learning_rate), gradients,
                slot(0, part), slot(1, part), parameters);
  }

  AdamCoefficients coefficients_;
  WeightDecay decay_;
};

}  // namespace

std::unique_ptr<Optimizer> make_adam(const AdamCoefficients& coefficients, WeightDecay decay,
                                     std::size_t parameter_count) {
  validate(coefficients);
  return std::make_unique<Adam>(coefficients, decay, parameter_count);
}

std::unique_ptr<Optimizer> make_optimizer(const AdamSpec& spec, std::size_t parameter_count) {
  return make_adam({spec.beta1, spec.beta2, spec.epsilon, spec.weight_decay},
                   WeightDecay::InGradient, parameter_count);
}

}  // namespace hermes::nn
