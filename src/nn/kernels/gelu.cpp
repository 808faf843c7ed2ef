#include "nn/kernels/gelu.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/gelu.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "core/vector_loop-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using hermes::HWY_NAMESPACE::for_each_vector;

/// P(Z > |x|) = 1/2 erfc(|x| / sqrt 2) by formula 7.1.26 of Abramowitz & Stegun, and exp(-x^2 / 2),
/// which it needs.
template <class D, class V>
HWY_INLINE V upper_tail(D d, V x, V& power) {
  const V t = hn::Div(hn::Set(d, 1.0F), hn::MulAdd(hn::Abs(x), hn::Set(d, 0.3275911F * 0.70710678F),
                                                   hn::Set(d, 1.0F)));
  V sum = hn::Set(d, 1.061405429F);
  sum = hn::MulAdd(sum, t, hn::Set(d, -1.453152027F));
  sum = hn::MulAdd(sum, t, hn::Set(d, 1.421413741F));
  sum = hn::MulAdd(sum, t, hn::Set(d, -0.284496736F));
  sum = hn::MulAdd(sum, t, hn::Set(d, 0.254829592F));
  power = hn::Exp(d, hn::Mul(hn::Mul(x, x), hn::Set(d, -0.5F)));
  return hn::Mul(hn::Mul(hn::Set(d, 0.5F), power), hn::Mul(sum, t));
}

void forward(std::span<const float> x, std::span<float> y, std::span<float> derivative) {
  const float* from = x.data();
  float* to = y.data();
  float* slope = derivative.data();
  const bool wants_slope = !derivative.empty();
  for_each_vector(y.size(), [=](auto d, std::size_t i) HWY_ATTR {
    const auto value = hn::LoadU(d, from + i);
    auto power = hn::Zero(d);
    const auto tail = upper_tail(d, value, power);
    const auto below =
        hn::IfThenElse(hn::Lt(value, hn::Zero(d)), tail, hn::Sub(hn::Set(d, 1.0F), tail));
    const auto is_nan = hn::IsNaN(value);  // Highway's exponential promises nothing for it
    hn::StoreU(hn::IfThenElse(is_nan, value, hn::Mul(value, below)), d, to + i);
    if (wants_slope) {
      const auto density = hn::Mul(hn::Set(d, 0.39894228F), power);
      hn::StoreU(hn::IfThenElse(is_nan, value, hn::MulAdd(value, density, below)), d, slope + i);
    }
  });
}

void product(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  const float* a = x.data();
  const float* b = y.data();
  float* to = out.data();
  for_each_vector(out.size(), [=](auto d, std::size_t i) HWY_ATTR {
    hn::StoreU(hn::Mul(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, to + i);
  });
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(forward);
HWY_EXPORT(product);

}  // namespace

void gelu(std::span<const float> x, std::span<float> y, std::span<float> derivative) {
  HWY_DYNAMIC_DISPATCH(forward)(x, y, derivative);
}

void multiply_values(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(product)(x, y, out);
}

}  // namespace hermes::nn
#endif
