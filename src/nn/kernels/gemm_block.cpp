#include "gemm_block.hpp"

#include <algorithm>
#include <utility>

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/gemm_block.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = HWY_FULL(float);
using Vector = hn::Vec<Tag>;
using Mask = hn::Mask<Tag>;  // always of the first lanes
constexpr Tag kTag;
constexpr std::size_t kLanes = hn::MaxLanes(kTag);

// Accumulators, one vector of B each, and a spare register for the value of A.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr std::size_t kRowsOfVectors[] = {16, 14, 8, 6};  // 32 registers
#else
constexpr std::size_t kRowsOfVectors[] = {12, 6, 4, 2};  // 16 registers
#endif

// The lanes of `mask`; nothing else is touched. NEON has no masked access.
Vector load_part(Mask mask, const float* source) {
#if HWY_ARCH_ARM
  alignas(64) float lanes[kLanes] = {};
  std::copy_n(source, hn::CountTrue(kTag, mask), lanes);
  return hn::Load(kTag, lanes);
#else
  return hn::MaskedLoad(mask, kTag, source);
#endif
}

void store_part(Mask mask, Vector value, float* target) {
#if HWY_ARCH_ARM
  alignas(64) float lanes[kLanes];
  hn::Store(value, kTag, lanes);
  std::copy_n(lanes, hn::CountTrue(kTag, mask), target);
#else
  hn::BlendedStore(value, mask, kTag, target);
#endif
}

/// The sums of a block. All loops over them have constant bounds and are unrolled, so that they
/// live in registers.
template <std::size_t kRows, std::size_t kVectors>
void multiply_block(const Block& block) {
  constexpr std::size_t kLast = (kVectors - 1) * kLanes;
  const Mask last_mask = hn::FirstN(kTag, block.last_lanes);
  Vector sums[kRows][kVectors];
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kRows; ++i) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[i][v] = hn::Zero(kTag);
    }
  }
  if (block.start != nullptr) {
    const float* start = block.start;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kRows; ++i) {
      HWY_UNROLL(4)
      for (std::size_t v = 0; v + 1 < kVectors; ++v) {
        sums[i][v] = hn::LoadU(kTag, start + v * kLanes);
      }
      sums[i][kVectors - 1] = load_part(last_mask, start + kLast);
      start += block.start_row;
    }
  }

  // One pointer for four rows: the address mode of the processor reaches 1 and 2 strides further.
  constexpr std::size_t kGroups = (kRows + 3) / 4;
  const std::ptrdiff_t offsets[4] = {0, block.a_row, 2 * block.a_row, 3 * block.a_row};
  for (std::size_t t = 0; t < block.term_count; ++t) {
    const float* b = block.b + block.terms[t].b;
    const float* a[kGroups];
    HWY_UNROLL(4)
    for (std::size_t g = 0; g < kGroups; ++g) {
      a[g] = block.a + block.terms[t].a + static_cast<std::ptrdiff_t>(4 * g) * block.a_row;
    }
    for (std::size_t k = 0; k < block.depth; ++k) {
      Vector columns[kVectors];
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < kVectors; ++v) {
        columns[v] = hn::LoadU(kTag, b + v * kLanes);
      }
      HWY_UNROLL(16)
      for (std::size_t i = 0; i < kRows; ++i) {
        const Vector value = hn::Set(kTag, a[i / 4][offsets[i % 4]]);
        HWY_UNROLL(4)
        for (std::size_t v = 0; v < kVectors; ++v) {
          sums[i][v] = hn::MulAdd(value, columns[v], sums[i][v]);
        }
      }
      b += block.b_row;
      HWY_UNROLL(4)
      for (std::size_t g = 0; g < kGroups; ++g) {
        a[g] += block.a_column;
      }
    }
  }

  if (block.relu) {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kRows; ++i) {
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < kVectors; ++v) {
        // Not Max, which loses NaN on some targets.
        sums[i][v] = hn::IfThenZeroElse(hn::Lt(sums[i][v], hn::Zero(kTag)), sums[i][v]);
      }
    }
  }
  float* c = block.c;
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kRows; ++i) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v + 1 < kVectors; ++v) {
      hn::StoreU(sums[i][v], kTag, c + v * kLanes);
    }
    store_part(last_mask, sums[i][kVectors - 1], c + kLast);
    c += block.c_row;
  }
}

void pack(const float* source, std::ptrdiff_t source_row, std::size_t rows, std::size_t columns,
          std::size_t width, float* packed) {
  const std::size_t whole = columns / kLanes * kLanes;
  const Mask rest = hn::FirstN(kTag, columns - whole);
  for (std::size_t k = 0; k < rows; ++k) {
    for (std::size_t j = 0; j < whole; j += kLanes) {
      hn::StoreU(hn::LoadU(kTag, source + j), kTag, packed + j);
    }
    if (whole < width) {
      hn::StoreU(load_part(rest, source + whole), kTag, packed + whole);
    }
    source += source_row;
    packed += width;
  }
}

template <std::size_t kVectors, std::size_t... kRows>
constexpr std::array<BlockKernel, BlockKernels::kRowsMax> kernels_of_width(
    std::index_sequence<kRows...> /*rows*/) {
  return {multiply_block<kRows + 1, kVectors>...};
}

template <std::size_t... kWidths>
constexpr BlockKernels make_kernels(std::index_sequence<kWidths...> /*widths*/) {
  return {kLanes,
          {kRowsOfVectors[kWidths]...},
          {kernels_of_width<kWidths + 1>(std::make_index_sequence<kRowsOfVectors[kWidths]>())...},
          pack};
}

const BlockKernels& kernels_of_target() {
  static constexpr BlockKernels kKernels =
      make_kernels(std::make_index_sequence<BlockKernels::kVectorsMax>());
  return kKernels;
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(kernels_of_target);

}  // namespace

const BlockKernels& block_kernels() {
  return HWY_DYNAMIC_DISPATCH(kernels_of_target)();
}

}  // namespace hermes::nn
#endif
