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
void store(V values, double* out) {
  hn::StoreU(values, Wide(), out);
}

template <class V>
void store(V values, float* out) {
  hn::StoreU(hn::DemoteTo(Narrow(), values), Narrow(), out);
}

/// The sums stay in registers: four vectors of them at a time, for each term after the other.
template <class Out>
void sum_terms(std::span<const WeightedValues> terms, std::span<Out> out) {
  const std::size_t lanes = hn::Lanes(Wide());
  std::size_t i = 0;
  for (; i + 4 * lanes <= out.size(); i += 4 * lanes) {
    // The first term is no addition: 0 + x would lose the sign of a lone -0.
    const float* x = terms[0].values + i;
    const auto first = hn::Set(Wide(), terms[0].weight);
    auto sum0 = hn::Mul(first, load_wide(x));
    auto sum1 = hn::Mul(first, load_wide(x + lanes));
    auto sum2 = hn::Mul(first, load_wide(x + 2 * lanes));
    auto sum3 = hn::Mul(first, load_wide(x + 3 * lanes));
    for (const WeightedValues& term : terms.subspan(1)) {
      x = term.values + i;
      const auto weight = hn::Set(Wide(), term.weight);
      sum0 = hn::MulAdd(weight, load_wide(x), sum0);
      sum1 = hn::MulAdd(weight, load_wide(x + lanes), sum1);
      sum2 = hn::MulAdd(weight, load_wide(x + 2 * lanes), sum2);
      sum3 = hn::MulAdd(weight, load_wide(x + 3 * lanes), sum3);
    }
    Out* to = out.data() + i;
    store(sum0, to);
    store(sum1, to + lanes);
    store(sum2, to + 2 * lanes);
    store(sum3, to + 3 * lanes);
  }
  for (; i < out.size(); ++i) {
    double sum = terms[0].weight * static_cast<double>(terms[0].values[i]);
    for (const WeightedValues& term : terms.subspan(1)) {
      sum += term.weight * static_cast<double>(term.values[i]);
    }
    out[i] = static_cast<Out>(sum);
  }
}

void sum_in_float(std::span<const WeightedValues> terms, std::span<float> out) {
  sum_terms(terms, out);
}

void sum_in_double(std::span<const WeightedValues> terms, std::span<double> out) {
  sum_terms(terms, out);
}

void add(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  const hn::ScalableTag<float> tag;
  const std::size_t lanes = hn::Lanes(tag);
  std::size_t i = 0;
  for (; i + lanes <= out.size(); i += lanes) {
    const auto sum = hn::Add(hn::LoadU(tag, x.data() + i), hn::LoadU(tag, y.data() + i));
    hn::StoreU(sum, tag, out.data() + i);
  }
  for (; i < out.size(); ++i) {
    out[i] = x[i] + y[i];
  }
}

void step_along(double rate, std::span<const double> delta, std::span<const float> model,
                std::span<float> out) {
  const std::size_t lanes = hn::Lanes(Wide());
  const auto factor = hn::Set(Wide(), rate);
  std::size_t i = 0;
  for (; i + lanes <= out.size(); i += lanes) {
    const auto from = load_wide(model.data() + i);
    store(hn::MulAdd(factor, load_wide(delta.data() + i), from), out.data() + i);
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
    store(m, mean.data() + i);
    store(hn::MulAdd(of_mean, m, moved), out.data() + i);
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

HWY_EXPORT(sum_in_float);
HWY_EXPORT(sum_in_double);
HWY_EXPORT(add);
HWY_EXPORT(step_along);
HWY_EXPORT(step_with_momentum);
HWY_EXPORT(mix);

void weighted_sum(std::span<const WeightedValues> terms, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(sum_in_float)(terms, out);
}

void weighted_sum(std::span<const WeightedValues> terms, std::span<double> out) {
  HWY_DYNAMIC_DISPATCH(sum_in_double)(terms, out);
}

void add(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(add)(x, y, out);
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
