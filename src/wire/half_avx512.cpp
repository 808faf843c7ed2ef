// fp16 with the AVX-512 forms of the F16C instructions (half_avx2.cpp says why their bits are
// right). bf16 is the portable loop, compiled for AVX-512, and not vcvtneps2bf16 (AVX512_BF16),
// which takes subnormal numbers for zero: bits would depend on the CPU. The loop is as fast as
// memory anyway.
#ifdef __x86_64__

#include <immintrin.h>

#include "wire/half_bits.hpp"
#include "wire/half_kernels.hpp"

#define HERMES_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

namespace hermes::wire {
namespace {

constexpr std::size_t kLanes = 16;

/// The lanes of a step that has so many numbers left. The last step masks what is beyond the end.
HERMES_AVX512 __mmask16 lanes(std::size_t left) {
  return left < kLanes ? static_cast<__mmask16>((1U << left) - 1U) : __mmask16{0xFFFF};
}

HERMES_AVX512 void to_fp16(const float* values, std::uint16_t* halves, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    const __mmask16 mask = lanes(count - i);
    const __m512 wide = _mm512_maskz_loadu_ps(mask, values + i);
    const __m256i narrow = _mm512_maskz_cvtps_ph(mask, wide, _MM_FROUND_TO_NEAREST_INT);
    _mm256_mask_storeu_epi16(halves + i, mask, narrow);
  }
}

HERMES_AVX512 void from_fp16(const std::uint16_t* halves, float* values, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    const __mmask16 mask = lanes(count - i);
    const __m256i narrow = _mm256_maskz_loadu_epi16(mask, halves + i);
    _mm512_mask_storeu_ps(values + i, mask, _mm512_maskz_cvtph_ps(mask, narrow));
  }
}

HERMES_AVX512 void to_bf16(const float* values, std::uint16_t* halves, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    halves[i] = bf16_of(values[i]);
  }
}

HERMES_AVX512 void from_bf16(const std::uint16_t* halves, float* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = float_of_bf16(halves[i]);
  }
}

}  // namespace

HalfKernels avx512_half_kernels() {
  return {.name = "avx512",
          .to_fp16 = to_fp16,
          .to_bf16 = to_bf16,
          .from_fp16 = from_fp16,
          .from_bf16 = from_bf16};
}

}  // namespace hermes::wire

#endif
