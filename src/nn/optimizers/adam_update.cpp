#include "nn/optimizers/adam_update.hpp"

#include <cmath>

#include "nn/spec_check.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/optimizers/adam_update.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/vector_loop-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using hermes::HWY_NAMESPACE::for_each_vector;

void update(const AdamFactors& factors, std::span<const float> gradients, std::span<float> first,
            std::span<float> second, std::span<float> parameters) {
  const AdamFactors f = factors;
  const float* g = gradients.data();
  float* m = first.data();
  float* v = second.data();
  float* w = parameters.data();
  for_each_vector(parameters.size(), [=](auto d, std::size_t i) HWY_ATTR {
    const auto weight = hn::LoadU(d, w + i);
    const auto gradient = hn::Add(hn::LoadU(d, g + i), hn::Mul(hn::Set(d, f.in_gradient), weight));
    const auto mean = hn::Add(hn::Mul(hn::Set(d, f.beta1), hn::LoadU(d, m + i)),
                              hn::Mul(hn::Set(d, f.rest1), gradient));
    const auto square = hn::Add(hn::Mul(hn::Set(d, f.beta2), hn::LoadU(d, v + i)),
                                hn::Mul(hn::Mul(hn::Set(d, f.rest2), gradient), gradient));
    hn::StoreU(mean, d, m + i);
    hn::StoreU(square, d, v + i);
    const auto root =
        hn::Add(hn::Mul(hn::Sqrt(square), hn::Set(d, f.root_scale)), hn::Set(d, f.epsilon));
    const auto change = hn::Div(hn::Mul(hn::Set(d, f.rate), mean), root);
    hn::StoreU(hn::Sub(hn::Mul(hn::Set(d, f.shrink), weight), change), d, w + i);
  });
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(update);

}  // namespace

void validate(const AdamCoefficients& coefficients) {
  require_in_half_open("beta1", coefficients.beta1, 0.0, 1.0);
  require_in_half_open("beta2", coefficients.beta2, 0.0, 1.0);
  require_positive("epsilon", coefficients.epsilon);
  require_in_closed("weight_decay", coefficients.weight_decay, 0.0, 1e6);
}

AdamFactors adam_factors(const AdamCoefficients& coefficients, WeightDecay decay,
                         std::uint64_t step, double learning_rate) {
  const auto number = static_cast<double>(step);
  const double correction1 = 1.0 - std::pow(coefficients.beta1, number);
  const double correction2 = 1.0 - std::pow(coefficients.beta2, number);
  const double in_gradient = decay == WeightDecay::InGradient ? coefficients.weight_decay : 0.0;
  const double decoupled = decay == WeightDecay::Decoupled ? coefficients.weight_decay : 0.0;
  AdamFactors factors{};
  factors.in_gradient = static_cast<float>(in_gradient);
  factors.shrink = static_cast<float>(1.0 - learning_rate * decoupled);
  factors.rate = static_cast<float>(learning_rate / correction1);
  factors.root_scale = static_cast<float>(1.0 / std::sqrt(correction2));
  factors.epsilon = static_cast<float>(coefficients.epsilon);
  factors.beta1 = static_cast<float>(coefficients.beta1);
  factors.beta2 = static_cast<float>(coefficients.beta2);
  factors.rest1 = static_cast<float>(1.0 - coefficients.beta1);
  factors.rest2 = static_cast<float>(1.0 - coefficients.beta2);
  return factors;
}

void adam_update(const AdamFactors& factors, std::span<const float> gradients,
                 std::span<float> first, std::span<float> second, std::span<float> parameters) {
  HWY_DYNAMIC_DISPATCH(update)(factors, gradients, first, second, parameters);
}

}  // namespace hermes::nn
#endif
