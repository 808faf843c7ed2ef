#include "hermes/core/simd.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "hermes/core/assert.hpp"

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::HWY_NAMESPACE {
namespace {

std::int64_t own_target() {
  return HWY_TARGET;
}

}  // namespace
}  // namespace hermes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes {
namespace {

HWY_EXPORT(own_target);

struct KnownTarget {
  SimdTarget target;
  std::int64_t bit;  // Highway's
  std::string_view name;
};

constexpr std::array kKnownTargets{
    KnownTarget{SimdTarget::Avx512, HWY_AVX3, "AVX-512"},
    KnownTarget{SimdTarget::Avx2, HWY_AVX2, "AVX2"},
    KnownTarget{SimdTarget::Neon, HWY_NEON, "NEON"},
    KnownTarget{SimdTarget::Portable, HWY_EMU128, "portable"},
};

const KnownTarget& known(SimdTarget target) {
  return *std::ranges::find(kKnownTargets, target, &KnownTarget::target);
}

}  // namespace

std::string_view to_string(SimdTarget target) {
  return known(target).name;
}

std::vector<SimdTarget> supported_simd_targets() {
  // Highway does not list the static target, which every processor of the architecture runs.
  const std::int64_t available = (hwy::SupportedTargets() | HWY_STATIC_TARGET) & HWY_TARGETS;
  std::vector<SimdTarget> supported;
  for (const KnownTarget& candidate : kKnownTargets) {
    if ((available & candidate.bit) != 0) {
      supported.push_back(candidate.target);
    }
  }
  return supported;
}

SimdTarget simd_target() {
  const std::int64_t bit = HWY_DYNAMIC_DISPATCH(own_target)();
  const auto* found = std::ranges::find(kKnownTargets, bit, &KnownTarget::bit);
  HERMES_ASSERT(found != kKnownTargets.end(), "simd: compiled for a target without a name");
  return found->target;
}

SimdTargetScope::SimdTargetScope(SimdTarget target) {
  hwy::SetSupportedTargetsForTest(known(target).bit);
}

SimdTargetScope::~SimdTargetScope() {
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace hermes
#endif
