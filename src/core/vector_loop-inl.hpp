// For vector kernels: included once for each target, after hwy/highway.h (hence no plain guard).
#if defined(HERMES_CORE_VECTOR_LOOP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef HERMES_CORE_VECTOR_LOOP_INL
#undef HERMES_CORE_VECTOR_LOOP_INL
#else
#define HERMES_CORE_VECTOR_LOOP_INL
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace hermes::HWY_NAMESPACE {

/// Calls f(tag, i) for consecutive pieces of [0, count): as many floats from i on as `tag` has
/// lanes. Whole vectors first, then four floats at a time, then single ones, so nothing outside of
/// the range is touched and every float goes through the same operations.
template <class F>
HWY_INLINE void for_each_vector(std::size_t count, const F& f) {
  const hwy::HWY_NAMESPACE::ScalableTag<float> whole;
  const hwy::HWY_NAMESPACE::CappedTag<float, 4> four;
  const hwy::HWY_NAMESPACE::CappedTag<float, 1> one;
  const std::size_t lanes = hwy::HWY_NAMESPACE::Lanes(whole);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    f(whole, i);
  }
  for (; i + 4 <= count; i += 4) {
    f(four, i);
  }
  for (; i < count; ++i) {
    f(one, i);
  }
}

}  // namespace hermes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
