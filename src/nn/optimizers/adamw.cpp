#include "hermes/nn/optimizers/adamw.hpp"

#include "adam_family.hpp"

namespace hermes::nn {

std::unique_ptr<Optimizer> make_optimizer(const AdamwSpec& spec, std::size_t parameter_count) {
  return make_adam({spec.beta1, spec.beta2, spec.epsilon, spec.weight_decay},
                   WeightDecay::Decoupled, parameter_count);
}

}  // namespace hermes::nn
