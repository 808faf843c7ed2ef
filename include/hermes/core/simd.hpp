#pragma once

#include <string_view>
#include <vector>

/// The instruction sets that the vector kernels are compiled for. One binary holds them all and
/// takes the best that the processor has, so it runs on every node of a mixed cluster.
namespace hermes {

enum class SimdTarget {
  Avx512,    ///< x86-64 with AVX-512 F, CD, BW, DQ and VL
  Avx2,      ///< x86-64 with AVX2, FMA and F16C
  Neon,      ///< ARM
  Portable,  ///< plain C++, for any processor
};

/// "AVX-512", "AVX2", "NEON", "portable".
std::string_view to_string(SimdTarget target);

/// Those of this binary that this processor can run, best first. Never empty.
std::vector<SimdTarget> supported_simd_targets();
/// The one in use.
SimdTarget simd_target();

/// While it lives, the kernels of the whole process run on another instruction set: for tests that
/// compare them and for benchmarks. Not thread-safe, not nested. Requires: `target` is supported.
class SimdTargetScope {
 public:
  explicit SimdTargetScope(SimdTarget target);
  ~SimdTargetScope();
  SimdTargetScope(const SimdTargetScope&) = delete;
  SimdTargetScope& operator=(const SimdTargetScope&) = delete;
};

}  // namespace hermes
