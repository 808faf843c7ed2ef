#include "nn/kernels/layer_norm.hpp"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/layer_norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/vector_loop-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using hermes::HWY_NAMESPACE::for_each_vector;

/// The sum of f(tag, i) over a row: four sums of vectors beside each other, then the rest.
template <class F>
HWY_INLINE double sum_row(std::size_t count, const F& f) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const std::size_t lanes = hn::Lanes(d);
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  std::size_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    s0 = hn::Add(s0, f(d, i));
    s1 = hn::Add(s1, f(d, i + lanes));
    s2 = hn::Add(s2, f(d, i + 2 * lanes));
    s3 = hn::Add(s3, f(d, i + 3 * lanes));
  }
  for (; i + lanes <= count; i += lanes) {
    s0 = hn::Add(s0, f(d, i));
  }
  auto sum = static_cast<double>(
      hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)))));
  for (; i < count; ++i) {
    sum += static_cast<double>(hn::GetLane(f(one, i)));
  }
  return sum;
}

void forward(const ConstTensorView& x, const float* weight, const float* bias, double epsilon,
             const TensorView& y, SampleMoments& moments) {
  const std::size_t size = x.row_size();
  const auto count = static_cast<double>(x.image_size());
  double sum = 0.0;
  for (std::size_t h = 0; h < x.height; ++h) {
    const float* from = x.row(0, h);
    sum += sum_row(size, [=](auto d, std::size_t i) HWY_ATTR { return hn::LoadU(d, from + i); });
  }
  const auto mean = static_cast<float>(sum / count);
  double squares = 0.0;
  for (std::size_t h = 0; h < x.height; ++h) {
    const float* from = x.row(0, h);
    squares += sum_row(size, [=](auto d, std::size_t i) HWY_ATTR {
      const auto distance = hn::Sub(hn::LoadU(d, from + i), hn::Set(d, mean));
      return hn::Mul(distance, distance);
    });
  }
  const auto inverse = static_cast<float>(1.0 / std::sqrt(squares / count + epsilon));
  for (std::size_t h = 0; h < x.height; ++h) {
    const float* from = x.row(0, h);
    const float* w = weight + h * size;
    const float* b = bias + h * size;
    float* to = y.row(0, h);
    for_each_vector(size, [=](auto d, std::size_t i) HWY_ATTR {
      const auto distance = hn::Sub(hn::LoadU(d, from + i), hn::Set(d, mean));
      const auto scaled = hn::Mul(distance, hn::Set(d, inverse));
      hn::StoreU(hn::MulAdd(scaled, hn::LoadU(d, w + i), hn::LoadU(d, b + i)), d, to + i);
    });
  }
  moments = {mean, inverse};
}

void backward(const SampleMoments& moments, const ConstTensorView& x, const float* weight,
              const ConstTensorView& dy, float* weight_gradient, float* bias_gradient,
              const TensorView& dx) {
  const float mean = moments.mean;
  const float inverse = moments.inverse;
  const std::size_t size = x.row_size();
  const auto count = static_cast<double>(x.image_size());
  double of_dy = 0.0;
  double of_product = 0.0;
  for (std::size_t h = 0; h < x.height; ++h) {
    const float* from = x.row(0, h);
    const float* gradient = dy.row(0, h);
    const float* w = weight + h * size;
    float* dw = weight_gradient + h * size;
    float* db = bias_gradient + h * size;
    of_dy += sum_row(size, [=](auto d, std::size_t i) HWY_ATTR {
      return hn::Mul(hn::LoadU(d, gradient + i), hn::LoadU(d, w + i));
    });
    of_product += sum_row(size, [=](auto d, std::size_t i) HWY_ATTR {
      const auto value =
          hn::Mul(hn::Sub(hn::LoadU(d, from + i), hn::Set(d, mean)), hn::Set(d, inverse));
      const auto g = hn::LoadU(d, gradient + i);
      const auto product = hn::Mul(g, value);
      hn::StoreU(hn::Add(hn::LoadU(d, dw + i), product), d, dw + i);
      hn::StoreU(hn::Add(hn::LoadU(d, db + i), g), d, db + i);
      return hn::Mul(product, hn::LoadU(d, w + i));
    });
  }
  if (dx.empty()) {
    return;
  }
  const auto constant = static_cast<float>(-of_dy / count);
  const auto slope = static_cast<float>(-of_product / count);
  for (std::size_t h = 0; h < x.height; ++h) {
    const float* from = x.row(0, h);
    const float* gradient = dy.row(0, h);
    const float* w = weight + h * size;
    float* to = dx.row(0, h);
    for_each_vector(size, [=](auto d, std::size_t i) HWY_ATTR {
      const auto value =
          hn::Mul(hn::Sub(hn::LoadU(d, from + i), hn::Set(d, mean)), hn::Set(d, inverse));
      const auto rest = hn::MulAdd(value, hn::Set(d, slope), hn::Set(d, constant));
      const auto sum = hn::MulAdd(hn::LoadU(d, gradient + i), hn::LoadU(d, w + i), rest);
      hn::StoreU(hn::Mul(sum, hn::Set(d, inverse)), d, to + i);
    });
  }
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(forward);
HWY_EXPORT(backward);

}  // namespace

SampleMoments layer_norm_forward(ConstTensorView x, const float* weight, const float* bias,
                                 double epsilon, TensorView y) {
  SampleMoments moments{};
  HWY_DYNAMIC_DISPATCH(forward)(x, weight, bias, epsilon, y, moments);
  return moments;
}

void layer_norm_backward(const SampleMoments& moments, ConstTensorView x, const float* weight,
                         ConstTensorView dy, float* weight_gradient, float* bias_gradient,
                         TensorView dx) {
  HWY_DYNAMIC_DISPATCH(backward)
  (moments, x, weight, dy, weight_gradient, bias_gradient, dx);
}

}  // namespace hermes::nn
#endif
