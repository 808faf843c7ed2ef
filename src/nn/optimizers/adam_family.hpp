#pragma once

#include <memory>

#include "adam_update.hpp"
#include "hermes/nn/optimizer.hpp"

namespace hermes::nn {

/// Adam and AdamW: they differ in where the weight decay goes. Throws ConfigError for a coefficient
/// out of range.
std::unique_ptr<Optimizer> make_adam(const AdamCoefficients& coefficients, WeightDecay decay,
                                     std::size_t parameter_count);

}  // namespace hermes::nn
