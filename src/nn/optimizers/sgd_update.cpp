#include "nn/optimizers/sgd_update.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/optimizers/sgd_update.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/vector_loop-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using hermes::HWY_NAMESPACE::for_each_vector;

void update(const SgdCoefficients& coefficients, std::span<const float> gradients,
            std::span<float> parameters) {
  const float rate = coefficients.rate;
  const float decay = coefficients.weight_decay;
  const float* g = gradients.data();
  float* w = parameters.data();
  for_each_vector(parameters.size(), [=](auto d, std::size_t i) HWY_ATTR {
    const auto weight = hn::LoadU(d, w + i);
    const auto gradient = hn::Add(hn::LoadU(d, g + i), hn::Mul(hn::Set(d, decay), weight));
    hn::StoreU(hn::Sub(weight, hn::Mul(hn::Set(d, rate), gradient)), d, w + i);
  });
}

void update_with_momentum(const SgdCoefficients& coefficients, std::span<const float> gradients,
                          std::span<float> velocity, std::span<float> parameters) {
  const float rate = coefficients.rate;
  const float decay = coefficients.weight_decay;
  const float momentum = coefficients.momentum;
  // Nesterov looks one momentum step ahead: g + momentum v instead of v.
  const float own = coefficients.nesterov ? 1.0F : 0.0F;
  const float carried = coefficients.nesterov ? momentum : 1.0F;
  const float* g = gradients.data();
  float* v = velocity.data();
  float* w = parameters.data();
  for_each_vector(parameters.size(), [=](auto d, std::size_t i) HWY_ATTR {
    const auto weight = hn::LoadU(d, w + i);
    const auto gradient = hn::Add(hn::LoadU(d, g + i), hn::Mul(hn::Set(d, decay), weight));
    const auto speed = hn::Add(hn::Mul(hn::Set(d, momentum), hn::LoadU(d, v + i)), gradient);
    hn::StoreU(speed, d, v + i);
    const auto direction =
        hn::Add(hn::Mul(hn::Set(d, own), gradient), hn::Mul(hn::Set(d, carried), speed));
    hn::StoreU(hn::Sub(weight, hn::Mul(hn::Set(d, rate), direction)), d, w + i);
  });
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(update);
HWY_EXPORT(update_with_momentum);

}  // namespace

void sgd_update(const SgdCoefficients& coefficients, std::span<const float> gradients,
                std::span<float> parameters) {
  HWY_DYNAMIC_DISPATCH(update)(coefficients, gradients, parameters);
}

void sgd_update(const SgdCoefficients& coefficients, std::span<const float> gradients,
                std::span<float> velocity, std::span<float> parameters) {
  HWY_DYNAMIC_DISPATCH(update_with_momentum)(coefficients, gradients, velocity, parameters);
}

}  // namespace hermes::nn
#endif
