#include "protocol/merge_kernels.hpp"

#include <cstddef>
#include <type_traits>

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "protocol/merge_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::protocol::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Wide = hn::ScalableTag<double>;
using Narrow = hn::Rebind<float, Wide>;  // as many lanes

template <class T>
auto load_wide(const T* values) {
  if constexpr (std::is_same_v<T, float>) {
    return hn::PromoteTo(Wide(), hn::LoadU(Narrow(), values));
  } else {
    return hn::LoadU(Wide(), values);
  }
}

template <class V>
void store_narrow(V values, float* out) {
  hn::StoreU(hn::DemoteTo(Narrow(), values), Narrow(), out);
}

void scale(double weight, std::span<const float> x, std::span<double> sums) {
  const std::size_t lanes = hn::Lanes(Wide());
  const auto factor = hn::Set(Wide(), weight);
  std::size_t i = 0;
  for (; i + lanes <= sums.size(); i += lanes) {
    hn::StoreU(hn::Mul(factor, load_wide(x.data() + i)), Wide(), sums.data() + i);
  }
  for (; i < sums.size(); ++i) {
    sums[i] = weight * static_cast<double>(x[i]);
  }
}

void add_scaled(double weight, std::span<const float> x, std::span<double> sums) {
  const std::size_t lanes = hn::Lanes(Wide());
  const auto factor = hn::Set(Wide(), weight);
  std::size_t i = 0;
  for (; i + lanes <= sums.size(); i += lanes) {
    double* sum = sums.data() + i;
    hn::StoreU(hn::MulAdd(factor, load_wide(x.data() + i), load_wide(sum)), Wide(), sum);
  }
  for (; i < sums.size(); ++i) {
    sums[i] += weight * static_cast<double>(x[i]);
  }
}

void round_to(std::span<const double> sums, std::span<float> out) {
  const std::size_t lanes = hn::Lanes(Wide());
  std::size_t i = 0;
  for (; i + lanes <= out.size(); i += lanes) {
    store_narrow(load_wide(sums.data() + i), out.data() + i);
  }
  for (; i < out.size(); ++i) {
    out[i] = static_cast<float>(sums[i]);
  }
}

void step_along(double rate, std::span<const double> delta, std::span<const float> model,
                std::span<float> out) {
  const std::size_t lanes = hn::Lanes(Wide());
  const auto factor = hn::Set(Wide(), rate);
  std::size_t i = 0;
  for (; i + lanes <= out.size(); i += lanes) {
    const auto from = load_wide(model.data() + i);
    store_narrow(hn::MulAdd(factor, load_wide(delta.data() + i), from), out.data() + i);
  }
  for (; i < out.size(); ++i) {
    out[i] = static_cast<float>(static_cast<double>(model[i]) + rate * delta[i]);
  }
}

void step_with_momentum(const MomentumStep& step, std::span<const double> delta,
                        std::span<float> mean, std::span<const float> model, std::span<float> out) {
  const std::size_t lanes = hn::Lanes(Wide());
  const auto keep = hn::Set(Wide(), step.keep);
  const auto of_delta = hn::Set(Wide(), step.of_delta);
  const auto of_mean = hn::Set(Wide(), step.of_mean);
  std::size_t i = 0;
  for (; i + lanes <= out.size(); i += lanes) {
    const auto d = load_wide(delta.data() + i);
    const auto m = hn::MulAdd(keep, load_wide(mean.data() + i), d);
    const auto moved = hn::MulAdd(of_delta, d, load_wide(model.data() + i));
    store_narrow(m, mean.data() + i);
    store_narrow(hn::MulAdd(of_mean, m, moved), out.data() + i);
  }
  for (; i < out.size(); ++i) {
    const double m = step.keep * static_cast<double>(mean[i]) + delta[i];
    mean[i] = static_cast<float>(m);
    out[i] = static_cast<float>(static_cast<double>(model[i]) + step.of_delta * delta[i] +
                                step.of_mean * m);
  }
}

void mix(float keep, std::span<const float> old, float take, std::span<const float> initial,
         std::span<const float> displacement, std::span<float> out) {
  const hn::ScalableTag<float> tag;
  const std::size_t lanes = hn::Lanes(tag);
  const auto of_old = hn::Set(tag, keep);
  const auto of_new = hn::Set(tag, take);
  std::size_t i = 0;
  for (; i + lanes <= out.size(); i += lanes) {
    const auto pushed =
        hn::Add(hn::LoadU(tag, initial.data() + i), hn::LoadU(tag, displacement.data() + i));
    const auto kept = hn::Mul(of_old, hn::LoadU(tag, old.data() + i));
    hn::StoreU(hn::Add(kept, hn::Mul(of_new, pushed)), tag, out.data() + i);
  }
  for (; i < out.size(); ++i) {
    out[i] = keep * old[i] + take * (initial[i] + displacement[i]);
  }
}

}  // namespace
}  // namespace hermes::protocol::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::protocol {

HWY_EXPORT(scale);
HWY_EXPORT(add_scaled);
HWY_EXPORT(round_to);
HWY_EXPORT(step_along);
HWY_EXPORT(step_with_momentum);
HWY_EXPORT(mix);

void scale(double weight, std::span<const float> x, std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(scale)(weight, x, sums);
}

void add_scaled(double weight, std::span<const float> x, std::span<double> sums) {
  HWY_DYNAMIC_DISPATCH(add_scaled)(weight, x, sums);
}

void round_to(std::span<const double> sums, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(round_to)(sums, out);
}

void step_along(double rate, std::span<const double> delta, std::span<const float> model,
                std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(step_along)(rate, delta, model, out);
}

void step_with_momentum(const MomentumStep& step, std::span<const double> delta,
                        std::span<float> mean, std::span<const float> model, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(step_with_momentum)(step, delta, mean, model, out);
}

void mix(float keep, std::span<const float> old, float take, std::span<const float> initial,
         std::span<const float> displacement, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(mix)(keep, old, take, initial, displacement, out);
}

}  // namespace hermes::protocol
#endif
