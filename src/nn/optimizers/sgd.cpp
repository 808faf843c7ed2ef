#include "hermes/nn/optimizers/sgd.hpp"

#include "../spec_check.hpp"
#include "hermes/core/error.hpp"

namespace hermes::nn {
namespace {

class Sgd final : public Optimizer {
 public:
  Sgd(const SgdSpec& spec, std::size_t parameter_count)
      : Optimizer(parameter_count, spec.momentum > 0.0 ? 1 : 0),
        momentum_(static_cast<float>(spec.momentum)),
        weight_decay_(static_cast<float>(spec.weight_decay)),
        nesterov_(spec.nesterov) {}

 private:
  // Locals, because for all the compiler knows a store to a parameter changes a float member.
  void update(std::span<float> parameters, std::span<const float> gradients,
              double learning_rate) override {
    const auto rate = static_cast<float>(learning_rate);
    const float decay = weight_decay_;
    if (momentum_ > 0.0F) {
      update_with_momentum(parameters, gradients, rate);
      return;
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      parameters[i] -= rate * (gradients[i] + decay * parameters[i]);
    }
  }

  void update_with_momentum(std::span<float> parameters, std::span<const float> gradients,
                            float rate) {
    const float decay = weight_decay_;
    const float momentum = momentum_;
    // Nesterov looks one momentum step ahead: g + momentum m instead of m.
    const float own = nesterov_ ? 1.0F : 0.0F;
    const float carried = nesterov_ ? momentum : 1.0F;
    const std::span<float> velocity = slot(0);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const float gradient = gradients[i] + decay * parameters[i];
      velocity[i] = momentum * velocity[i] + gradient;
      parameters[i] -= rate * (own * gradient + carried * velocity[i]);
    }
  }

  float momentum_;
  float weight_decay_;
  bool nesterov_;
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const SgdSpec& spec, std::size_t parameter_count) {
  require_in_half_open("momentum", spec.momentum, 0.0, 1.0);
  require_in_closed("weight_decay", spec.weight_decay, 0.0, 1e6);
  if (spec.nesterov && spec.momentum == 0.0) {
    throw ConfigError("nesterov: expected a momentum above 0 with it, found 0");
  }
  return std::make_unique<Sgd>(spec, parameter_count);
}

}  // namespace hermes::nn
