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

/// Classes are few and seldom a whole number of vectors: the rest of a row gets a vector of its own
/// with padding that adds nothing.
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

ExponentialSum sum(std::span<const float> logits, std::span<float> exponentials) {
  const hn::ScalableTag<double> dd;
  const hn::Rebind<float, decltype(dd)> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t whole = logits.size() / lanes * lanes;
  const std::size_t rest = logits.size() - whole;
  const float* from = logits.data();

  auto largest_of_lane = load_padded(d, from + whole, rest);
  for (std::size_t i = 0; i < whole; i += lanes) {
    largest_of_lane = hn::Max(largest_of_lane, hn::LoadU(d, from + i));
  }
  const double largest = hn::GetLane(hn::MaxOfLanes(d, largest_of_lane));

  // Highway's exponential of NaN is 0.
  const auto exponential = [&](auto logit) HWY_ATTR {
    const auto x = hn::Sub(hn::PromoteTo(dd, logit), hn::Set(dd, largest));
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(dd, x));
  };
  auto total = hn::Zero(dd);
  for (std::size_t i = 0; i < whole; i += lanes) {
    const auto e = exponential(hn::LoadU(d, from + i));
    total = hn::Add(total, e);
    if (!exponentials.empty()) {
      hn::StoreU(hn::DemoteTo(d, e), d, exponentials.data() + i);
    }
  }
  if (rest > 0) {
    const auto e = exponential(load_padded(d, from + whole, rest));
    total = hn::Add(total, e);
    if (!exponentials.empty()) {
      store_part(hn::DemoteTo(d, e), d, exponentials.data() + whole, rest);
    }
  }
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
