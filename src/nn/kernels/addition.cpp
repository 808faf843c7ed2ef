#include "nn/kernels/addition.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/addition.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/vector_loop-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using hermes::HWY_NAMESPACE::for_each_vector;

void sum(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  const float* a = x.data();
  const float* b = y.data();
  float* to = out.data();
  for_each_vector(out.size(), [=](auto d, std::size_t i) HWY_ATTR {
    hn::StoreU(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, to + i);
  });
}

void sum_relu(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  const float* a = x.data();
  const float* b = y.data();
  float* to = out.data();
  for_each_vector(out.size(), [=](auto d, std::size_t i) HWY_ATTR {
    const auto total = hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i));
    hn::StoreU(hn::IfThenZeroElse(hn::Lt(total, hn::Zero(d)), total), d, to + i);
  });
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(sum);
HWY_EXPORT(sum_relu);

}  // namespace

void add(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(sum)(x, y, out);
}

void add_relu(std::span<const float> x, std::span<const float> y, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(sum_relu)(x, y, out);
}

}  // namespace hermes::nn
#endif
