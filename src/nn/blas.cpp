#include "hermes/nn/blas.hpp"

#include <cblas.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "hermes/core/assert.hpp"

namespace hermes::nn {
namespace {

// Families of OpenBLAS's x86-64 kernels by what they need of the processor.
constexpr std::array<std::string_view, 19> kBelowAvx2{
    "Prescott",    "Core2",     "Penryn",    "Dunnington",   "Nehalem",
    "Sandybridge", "Atom",      "Nano",      "Athlon",       "Opteron",
    "Barcelona",   "Bobcat",    "Bulldozer", "Piledriver",   "Katmai",
    "Steamroller", "Northwood", "Banias",    "Opteron(SSE3)"};
constexpr std::array<std::string_view, 3> kOfAvx2{"Haswell", "Zen", "Excavator"};

}  // namespace

BlasDescription blas_description() {
  return {openblas_get_config(), openblas_get_corename(), openblas_get_num_threads()};
}

std::optional<std::string> better_blas_core(const BlasDescription& found, SimdTarget processor,
                                            const std::optional<std::string>& asked) {
  const bool can_choose = found.config.find("DYNAMIC_ARCH") != std::string::npos;
  if (!can_choose || (asked && !asked->empty())) {
    return std::nullopt;
  }
  const bool is_below_avx2 = std::ranges::count(kBelowAvx2, found.core) > 0;
  const bool is_below_avx512 = is_below_avx2 || std::ranges::count(kOfAvx2, found.core) > 0;
  if (processor == SimdTarget::Avx512 && is_below_avx512) {
    return "SkylakeX";
  }
  if (processor == SimdTarget::Avx2 && is_below_avx2) {
    return "Haswell";
  }
  return std::nullopt;
}

void set_blas_threads(int threads) {
  HERMES_ASSERT(threads >= 1, "set_blas_threads: needs at least one");
  openblas_set_num_threads(threads);
}

}  // namespace hermes::nn
