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
constexpr Tag kTag;
constexpr std::size_t kLanes = hn::MaxLanes(kTag);

// Accumulators, one vector of B each, and a spare register for the value of A.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr std::size_t kRowsOfVectors[] = {16, 14, 8, 6};  // 32 registers
#else
constexpr std::size_t kRowsOfVectors[] = {12, 6, 4, 2};  // 16 registers
#endif

// The first `count` lanes; nothing else is touched. NEON has no masked access.
Vector load_part(const float* source, std::size_t count) {
#if HWY_ARCH_ARM
  alignas(64) float lanes[kLanes] = {};
  std::copy_n(source, count, lanes);
  return hn::Load(kTag, lanes);
#else
  return hn::MaskedLoad(hn::FirstN(kTag, count), kTag, source);
#endif
}

void store_part(Vector value, float* target, std::size_t count) {
#if HWY_ARCH_ARM
  alignas(64) float lanes[kLanes];
  hn::Store(value, kTag, lanes);
  std::copy_n(lanes, count, target);
#else
  hn::BlendedStore(value, hn::FirstN(kTag, count), kTag, target);
#endif
}

/// The sums of a block. All loops over them have constant bounds and are unrolled, so that they
/// live in registers.
template <std::size_t kRows, std::size_t kVectors>
void multiply_block(const Block& block) {
  constexpr std::size_t kLast = kVectors - 1;
  Vector sums[kRows][kVectors];
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kRows; ++i) {
    const float* start = block.start + static_cast<std::ptrdiff_t>(i) * block.start_row;
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kVectors; ++v) {
      if (block.start == nullptr) {
        sums[i][v] = hn::Zero(kTag);
      } else {
        sums[i][v] = v < kLast ? hn::LoadU(kTag, start + v * kLanes)
                               : load_part(start + v * kLanes, block.last_lanes);
      }
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

  const Vector zero = hn::Zero(kTag);
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kRows; ++i) {
    float* c = block.c + static_cast<std::ptrdiff_t>(i) * block.c_row;
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kVectors; ++v) {
      // Not Max, which loses NaN on some targets.
      const Vector sum =
          block.relu ? hn::IfThenZeroElse(hn::Lt(sums[i][v], zero), sums[i][v]) : sums[i][v];
      if (v < kLast) {
        hn::StoreU(sum, kTag, c + v * kLanes);
      } else {
        store_part(sum, c + v * kLanes, block.last_lanes);
      }
    }
  }
}

void pack(const float* source, std::ptrdiff_t source_row, std::size_t rows, std::size_t columns,
          std::size_t width, float* packed) {
  const std::size_t whole = columns / kLanes * kLanes;
  for (std::size_t k = 0; k < rows; ++k) {
    for (std::size_t j = 0; j < whole; j += kLanes) {
      hn::StoreU(hn::LoadU(kTag, source + j), kTag, packed + j);
    }
    if (whole < width) {
      hn::StoreU(load_part(source + whole, columns - whole), kTag, packed + whole);
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
