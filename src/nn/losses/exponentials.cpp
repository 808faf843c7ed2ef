#include "nn/losses/exponentials.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/losses/exponentials.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// For rows that are shorter than a vector: padding that adds nothing.
template <class D>
auto load_padded(D d, const float* values, std::size_t count) {
  HWY_ALIGN float padded[HWY_MAX_BYTES / sizeof(double)];
  std::fill_n(padded, hn::Lanes(d), -std::numeric_limits<float>::infinity());
  std::copy_n(values, count, padded);
  return hn::Load(d, padded);
}

template <class D>
void store_part(hn::VFromD<D> values, D d, float* target, std::size_t count) {
  HWY_ALIGN float padded[HWY_MAX_BYTES / sizeof(double)];
  hn::Store(values, d, padded);
  std::copy_n(padded, count, target);
}

// Highway's exponential of NaN is 0.
template <class D, class V>
HWY_INLINE hn::VFromD<D> exponential(D d, V logit, double largest) {
  const auto x = hn::Sub(hn::PromoteTo(d, logit), hn::Set(d, largest));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, x));
}

ExponentialSum sum_of_short_row(std::span<const float> logits, std::span<float> exponentials) {
  const hn::ScalableTag<double> dd;
  const hn::Rebind<float, decltype(dd)> d;
  const auto values = load_padded(d, logits.data(), logits.size());
  const double largest = hn::GetLane(hn::MaxOfLanes(d, values));
  const auto e = exponential(dd, values, largest);
  if (!exponentials.empty()) {
    store_part(hn::DemoteTo(d, e), d, exponentials.data(), exponentials.size());
  }
  return {largest, hn::GetLane(hn::SumOfLanes(dd, e))};
}

ExponentialSum sum(std::span<const float> logits, std::span<float> exponentials) {
  const hn::ScalableTag<double> dd;
  const hn::Rebind<float, decltype(dd)> d;
  const std::size_t lanes = hn::Lanes(d);
  if (logits.size() < lanes) {
    return sum_of_short_row(logits, exponentials);
  }
  // The last vector ends with the row and so may repeat some of the one before.
  const std::size_t last = logits.size() - lanes;
  const float* from = logits.data();
  auto largest_of_lane = hn::LoadU(d, from + last);
  for (std::size_t i = 0; i < last; i += lanes) {
    largest_of_lane = hn::Max(largest_of_lane, hn::LoadU(d, from + i));
  }
  const double largest = hn::GetLane(hn::MaxOfLanes(d, largest_of_lane));
  const auto take = [&](std::size_t i) HWY_ATTR {
    const auto e = exponential(dd, hn::LoadU(d, from + i), largest);
    if (!exponentials.empty()) {
      hn::StoreU(hn::DemoteTo(d, e), d, exponentials.data() + i);
    }
    return e;
  };
  auto total = hn::Zero(dd);
  std::size_t i = 0;
  for (; i < last; i += lanes) {
    total = hn::Add(total, take(i));
  }
  total = hn::Add(total, hn::IfThenZeroElse(hn::FirstN(dd, i - last), take(last)));
  return {largest, hn::GetLane(hn::SumOfLanes(dd, total))};
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(sum);

}  // namespace

ExponentialSum sum_exponentials(std::span<const float> logits, std::span<float> exponentials) {
  return HWY_DYNAMIC_DISPATCH(sum)(logits, exponentials);
}

}  // namespace hermes::nn
#endif
