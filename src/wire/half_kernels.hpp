#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace hermes::wire {

/// The four conversions of half.hpp for one instruction set.
struct HalfKernels {
  using Narrow = void (*)(const float* values, std::uint16_t* halves, std::size_t count);
  using Widen = void (*)(const std::uint16_t* halves, float* values, std::size_t count);

  std::string_view name;
  Narrow to_fp16;
  Narrow to_bf16;
  Widen from_fp16;
  Widen from_bf16;
};

/// Those that this CPU can run, the fastest last; the first is portable.
std::vector<HalfKernels> supported_half_kernels();

#ifdef __x86_64__
HalfKernels avx2_half_kernels();    ///< Requires: AVX2 and F16C.
HalfKernels avx512_half_kernels();  ///< Requires: AVX-512 F, BW and VL.
#endif

}  // namespace hermes::wire
