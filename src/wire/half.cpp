#include "hermes/wire/half.hpp"

#include "hermes/core/assert.hpp"
#include "wire/half_bits.hpp"
#include "wire/half_kernels.hpp"

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace hermes::wire {
namespace {

template <auto kConvert, class Source, class Target>
void convert_each(const Source* source, Target* target, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    target[i] = kConvert(source[i]);
  }
}

constexpr HalfKernels kPortable{
    .name = "portable",
    .to_fp16 = convert_each<fp16_of, float, std::uint16_t>,
    .to_bf16 = convert_each<bf16_of, float, std::uint16_t>,
    .from_fp16 = convert_each<float_of_fp16, std::uint16_t, float>,
    .from_bf16 = convert_each<float_of_bf16, std::uint16_t, float>,
};

#ifdef __x86_64__
/// Clang's __builtin_cpu_supports does not know this one.
bool has_f16c() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}
#endif

const HalfKernels& kernels() {
  static const HalfKernels kChosen = supported_half_kernels().back();
  return kChosen;
}

}  // namespace

std::vector<HalfKernels> supported_half_kernels() {
  std::vector<HalfKernels> supported{kPortable};
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") && has_f16c()) {
    supported.push_back(avx2_half_kernels());
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    supported.push_back(avx512_half_kernels());
  }
#endif
  return supported;
}

void to_fp16(std::span<const float> values, std::span<std::uint16_t> halves) {
  HERMES_ASSERT(values.size() == halves.size(), "to_fp16: sizes differ");
  kernels().to_fp16(values.data(), halves.data(), values.size());
}

void to_bf16(std::span<const float> values, std::span<std::uint16_t> halves) {
  HERMES_ASSERT(values.size() == halves.size(), "to_bf16: sizes differ");
  kernels().to_bf16(values.data(), halves.data(), values.size());
}

void from_fp16(std::span<const std::uint16_t> halves, std::span<float> values) {
  HERMES_ASSERT(values.size() == halves.size(), "from_fp16: sizes differ");
  kernels().from_fp16(halves.data(), values.data(), values.size());
}

void from_bf16(std::span<const std::uint16_t> halves, std::span<float> values) {
  HERMES_ASSERT(values.size() == halves.size(), "from_bf16: sizes differ");
  kernels().from_bf16(halves.data(), values.data(), values.size());
}

}  // namespace hermes::wire
