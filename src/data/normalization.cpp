#include "hermes/data/normalization.hpp"

#include <algorithm>

#include "hermes/core/assert.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "data/normalization.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/vector_loop-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::data::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using hermes::HWY_NAMESPACE::for_each_vector;

template <class D>
HWY_INLINE hn::VFromD<D> load_floats(D d, const float* from) {
  return hn::LoadU(d, from);
}

template <class D>
HWY_INLINE hn::VFromD<D> load_floats(D d, const std::uint8_t* from) {
  const hn::Rebind<std::uint8_t, D> bytes;
  const hn::RebindToSigned<D> integers;
  return hn::ConvertTo(d, hn::PromoteTo(integers, hn::LoadU(bytes, from)));
}

template <class T>
void normalize(std::span<const float> mean, std::span<const float> scale, std::span<const T> in,
               std::span<float> out) {
  const float* m = mean.data();
  const float* s = scale.data();
  const std::size_t period = mean.size();
  for (std::size_t first = 0; first < out.size(); first += period) {
    const T* from = in.data() + first;
    float* to = out.data() + first;
    for_each_vector(std::min(period, out.size() - first), [=](auto d, std::size_t i) HWY_ATTR {
      const auto difference = hn::Sub(load_floats(d, from + i), hn::LoadU(d, m + i));
      hn::StoreU(hn::Mul(difference, hn::LoadU(d, s + i)), d, to + i);
    });
  }
}

void normalize_bytes(std::span<const float> mean, std::span<const float> scale,
                     std::span<const std::uint8_t> in, std::span<float> out) {
  normalize(mean, scale, in, out);
}

void normalize_floats(std::span<const float> mean, std::span<const float> scale,
                      std::span<const float> in, std::span<float> out) {
  normalize(mean, scale, in, out);
}

}  // namespace
}  // namespace hermes::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::data {
namespace {

HWY_EXPORT(normalize_bytes);
HWY_EXPORT(normalize_floats);

// Two tables of 512 floats are an eighth of a first-level cache.
constexpr std::size_t kPeriod = 512;
constexpr std::size_t kLanesMax = 16;

/// Positions after which mean and scale may repeat without cutting a vector or a pixel.
std::size_t table_size(const DatasetInfo& info) {
  const std::size_t unit = info.mean.size() * kLanesMax;
  return std::min(info.features.size(), std::max(unit, kPeriod / unit * unit));
}

}  // namespace

Normalization::Normalization(const DatasetInfo& info)
    : mean_(table_size(info)), scale_(table_size(info)) {
  HERMES_ASSERT(!info.mean.empty() && info.mean.size() == info.scale.size(),
                "normalisation: mean and scale of other sizes");
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    mean_[i] = info.mean[i % info.mean.size()];
    scale_[i] = info.scale[i % info.scale.size()];
  }
}

std::size_t Normalization::bytes_of(const DatasetInfo& info) {
  return 2 * table_size(info) * sizeof(float);
}

void Normalization::apply(std::span<const std::uint8_t> in, std::span<float> out) const {
  HERMES_DEBUG_ASSERT(in.size() == out.size(), "normalisation: another size");
  HWY_DYNAMIC_DISPATCH(normalize_bytes)(mean_, scale_, in, out);
}

void Normalization::apply(std::span<const float> in, std::span<float> out) const {
  HERMES_DEBUG_ASSERT(in.size() == out.size(), "normalisation: another size");
  HWY_DYNAMIC_DISPATCH(normalize_floats)(mean_, scale_, in, out);
}

}  // namespace hermes::data
#endif
