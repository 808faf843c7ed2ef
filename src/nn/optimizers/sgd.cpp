#include "hermes/nn/optimizers/sgd.hpp"

#include "../spec_check.hpp"
#include "hermes/core/error.hpp"
#include "sgd_update.hpp"

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
  void update(const Part& part, std::span<float> parameters, std::span<const float> gradients,
              double learning_rate) override {
    const SgdCoefficients coefficients{static_cast<float>(learning_rate), momentum_,
                                       part.decays ? weight_decay_ : 0.0F, nesterov_};
    if (momentum_ > 0.0F) {
      sgd_update(coefficients, gradients, slot(0, part), parameters);
    } else {
      sgd_update(coefficients, gradients, parameters);
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
