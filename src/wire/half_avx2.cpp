// fp16 with the F16C instructions, whose results are those of half_bits.hpp to the bit: they round
// as told, keep subnormal halves whatever MXCSR says, and quieten a NaN in the same way.
// bf16 is the portable loop, compiled for wider registers.
#ifdef __x86_64__

#include <immintrin.h>

#include "wire/half_bits.hpp"
#include "wire/half_kernels.hpp"

#define HERMES_AVX2 __attribute__((target("avx2,f16c")))

namespace hermes::wire {
namespace {

constexpr std::size_t kLanes = 8;

HERMES_AVX2 void to_fp16(const float* values, std::uint16_t* halves, std::size_t count) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const __m256 wide = _mm256_loadu_ps(values + i);
    const __m128i narrow = _mm256_cvtps_ph(wide, _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(halves + i), narrow);
  }
  for (; i < count; ++i) {
    halves[i] = fp16_of(values[i]);
  }
}

HERMES_AVX2 void from_fp16(const std::uint16_t* halves, float* values, std::size_t count) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const __m128i narrow = _mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + i));
    _mm256_storeu_ps(values + i, _mm256_cvtph_ps(narrow));
  }
  for (; i < count; ++i) {
    values[i] = float_of_fp16(halves[i]);
  }
}

HERMES_AVX2 void to_bf16(const float* values, std::uint16_t* halves, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    halves[i] = bf16_of(values[i]);
  }
}

HERMES_AVX2 void from_bf16(const std::uint16_t* halves, float* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = float_of_bf16(halves[i]);
  }
}

}  // namespace

HalfKernels avx2_half_kernels() {
  return {.name = "avx2",
          .to_fp16 = to_fp16,
          .to_bf16 = to_bf16,
          .from_fp16 = from_fp16,
          .from_bf16 = from_bf16};
}

}  // namespace hermes::wire

#endif
