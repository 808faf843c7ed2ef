#include "nn/kernels/activations.hpp"

#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/activations.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "core/vector_loop-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using hermes::HWY_NAMESPACE::for_each_vector;

/// y = f(tag, x), vector by vector.
template <class F>
HWY_INLINE void map(std::span<const float> x, std::span<float> y, const F& f) {
  const float* from = x.data();
  float* to = y.data();
  for_each_vector(y.size(), [&](auto d, std::size_t i)
                                HWY_ATTR { hn::StoreU(f(d, hn::LoadU(d, from + i)), d, to + i); });
}

/// dx = f(tag, y, dy), vector by vector.
template <class F>
HWY_INLINE void map(std::span<const float> y, std::span<const float> dy, std::span<float> dx,
                    const F& f) {
  const float* output = y.data();
  const float* from = dy.data();
  float* to = dx.data();
  for_each_vector(dx.size(), [&](auto d, std::size_t i) HWY_ATTR {
    hn::StoreU(f(d, hn::LoadU(d, output + i), hn::LoadU(d, from + i)), d, to + i);
  });
}

void relu(std::span<const float> x, std::span<float> y) {
  map(x, y, [](auto d, auto v) HWY_ATTR { return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v); });
}

void relu_derivative(std::span<const float> y, std::span<const float> dy, std::span<float> dx) {
  map(y, dy, dx, [](auto d, auto v, auto gradient) HWY_ATTR {
    return hn::IfThenElseZero(hn::Gt(v, hn::Zero(d)), gradient);
  });
}

void leaky_relu(float slope, std::span<const float> x, std::span<float> y) {
  map(x, y, [slope](auto d, auto v) HWY_ATTR {
    return hn::IfThenElse(hn::Lt(v, hn::Zero(d)), hn::Mul(hn::Set(d, slope), v), v);
  });
}

// The sign of y tells that of x because the slope is not negative.
void leaky_relu_derivative(float slope, std::span<const float> y, std::span<const float> dy,
                           std::span<float> dx) {
  map(y, dy, dx, [slope](auto d, auto v, auto gradient) HWY_ATTR {
    return hn::IfThenElse(hn::Gt(v, hn::Zero(d)), gradient, hn::Mul(hn::Set(d, slope), gradient));
  });
}

// Highway's functions promise nothing for NaN, and its exponential nothing above 104.
void sigmoid(std::span<const float> x, std::span<float> y) {
  map(x, y, [](auto d, auto v) HWY_ATTR {
    const auto one = hn::Set(d, 1.0F);
    const auto exponent = hn::Min(hn::Neg(v), hn::Set(d, 88.0F));
    const auto result = hn::Div(one, hn::Add(one, hn::Exp(d, exponent)));
    return hn::IfThenElse(hn::IsNaN(v), v, result);
  });
}

void sigmoid_derivative(std::span<const float> y, std::span<const float> dy, std::span<float> dx) {
  map(y, dy, dx, [](auto d, auto v, auto gradient) HWY_ATTR {
    return hn::Mul(gradient, hn::Mul(v, hn::Sub(hn::Set(d, 1.0F), v)));
  });
}

void hyperbolic_tangent(std::span<const float> x, std::span<float> y) {
  map(x, y,
      [](auto d, auto v) HWY_ATTR { return hn::IfThenElse(hn::IsNaN(v), v, hn::Tanh(d, v)); });
}

void tanh_derivative(std::span<const float> y, std::span<const float> dy, std::span<float> dx) {
  map(y, dy, dx, [](auto d, auto v, auto gradient) HWY_ATTR {
    return hn::Mul(gradient, hn::Sub(hn::Set(d, 1.0F), hn::Mul(v, v)));
  });
}

/// max(x, 0) + log(1 + exp(-|x|))
void softplus(std::span<const float> x, std::span<float> y) {
  map(x, y, [](auto d, auto v) HWY_ATTR {
    const auto exponent = hn::Max(hn::Neg(hn::Abs(v)), hn::Set(d, -100.0F));
    const auto rest = hn::Log1p(d, hn::Exp(d, exponent));
    return hn::IfThenElse(hn::IsNaN(v), v, hn::Add(hn::Max(v, hn::Zero(d)), rest));
  });
}

/// 1 - exp(-y)
void softplus_derivative(std::span<const float> y, std::span<const float> dy, std::span<float> dx) {
  map(y, dy, dx, [](auto d, auto v, auto gradient) HWY_ATTR {
    const auto slope = hn::Neg(hn::Expm1(d, hn::Neg(v)));
    return hn::Mul(gradient, hn::IfThenElse(hn::IsNaN(v), v, slope));
  });
}

void keep(std::span<const std::byte> kept, float scale, std::span<const float> x,
          std::span<float> y) {
  const auto* mask = reinterpret_cast<const std::uint8_t*>(kept.data());
  const float* from = x.data();
  float* to = y.data();
  for_each_vector(y.size(), [&](auto d, std::size_t i) HWY_ATTR {
    const hn::RebindToSigned<decltype(d)> di;
    const hn::Rebind<std::uint8_t, decltype(d)> bytes;
    const auto dropped = hn::Eq(hn::PromoteTo(di, hn::LoadU(bytes, mask + i)), hn::Zero(di));
    const auto scaled = hn::Mul(hn::Set(d, scale), hn::LoadU(d, from + i));
    hn::StoreU(hn::IfThenZeroElse(hn::RebindMask(d, dropped), scaled), d, to + i);
  });
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(relu);
HWY_EXPORT(relu_derivative);
HWY_EXPORT(leaky_relu);
HWY_EXPORT(leaky_relu_derivative);
HWY_EXPORT(sigmoid);
HWY_EXPORT(sigmoid_derivative);
HWY_EXPORT(hyperbolic_tangent);
HWY_EXPORT(tanh_derivative);
HWY_EXPORT(softplus);
HWY_EXPORT(softplus_derivative);
HWY_EXPORT(keep);

}  // namespace

void relu_forward(std::span<const float> x, std::span<float> y) {
  HWY_DYNAMIC_DISPATCH(relu)(x, y);
}
void relu_backward(std::span<const float> y, std::span<const float> dy, std::span<float> dx) {
  HWY_DYNAMIC_DISPATCH(relu_derivative)(y, dy, dx);
}
void leaky_relu_forward(float slope, std::span<const float> x, std::span<float> y) {
  HWY_DYNAMIC_DISPATCH(leaky_relu)(slope, x, y);
}
void leaky_relu_backward(float slope, std::span<const float> y, std::span<const float> dy,
                         std::span<float> dx) {
  HWY_DYNAMIC_DISPATCH(leaky_relu_derivative)(slope, y, dy, dx);
}
void sigmoid_forward(std::span<const float> x, std::span<float> y) {
  HWY_DYNAMIC_DISPATCH(sigmoid)(x, y);
}
void sigmoid_backward(std::span<const float> y, std::span<const float> dy, std::span<float> dx) {
  HWY_DYNAMIC_DISPATCH(sigmoid_derivative)(y, dy, dx);
}
void tanh_forward(std::span<const float> x, std::span<float> y) {
  HWY_DYNAMIC_DISPATCH(hyperbolic_tangent)(x, y);
}
void tanh_backward(std::span<const float> y, std::span<const float> dy, std::span<float> dx) {
  HWY_DYNAMIC_DISPATCH(tanh_derivative)(y, dy, dx);
}
void softplus_forward(std::span<const float> x, std::span<float> y) {
  HWY_DYNAMIC_DISPATCH(softplus)(x, y);
}

void softplus_backward(std::span<const float> y, std::span<const float> dy, std::span<float> dx) {
  HWY_DYNAMIC_DISPATCH(softplus_derivative)(y, dy, dx);
}

void keep_some(std::span<const std::byte> kept, float scale, std::span<const float> x,
               std::span<float> y) {
  HWY_DYNAMIC_DISPATCH(keep)(kept, scale, x, y);
}

}  // namespace hermes::nn
#endif
