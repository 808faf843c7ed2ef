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

// The lanes of `mask`; nothing else is touched. Only AVX does that in one instruction: elsewhere
// Highway accesses the whole vector, which may end outside of an array.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
Vector load_part(Mask mask, const float* source) {
  return hn::MaskedLoad(mask, kTag, source);
}

void store_part(Mask mask, Vector value, float* target) {
  hn::BlendedStore(value, mask, kTag, target);
}
#else
Vector load_part(Mask mask, const float* source) {
  alignas(64) float lanes[kLanes] = {};
  std::copy_n(source, hn::CountTrue(kTag, mask), lanes);
  return hn::Load(kTag, lanes);
}

void store_part(Mask mask, Vector value, float* target) {
  alignas(64) float lanes[kLanes];
  hn::Store(value, kTag, lanes);
  std::copy_n(lanes, hn::CountTrue(kTag, mask), target);
}
#endif

/// The sums of a block. All loops over them have constant bounds and are unrolled, and the
/// functions are inlined, so that they live in registers.
template <std::size_t kRows, std::size_t kVectors>
using Sums = Vector[kRows][kVectors];

template <std::size_t kRows, std::size_t kVectors>
HWY_INLINE void start_sums(const Block& block, Mask last_mask, Sums<kRows, kVectors>& sums) {
  constexpr std::size_t kLast = (kVectors - 1) * kLanes;
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
}

/// `kAdjacentRows`: a_row is known to be 1.
template <std::size_t kRows, std::size_t kVectors, bool kAdjacentRows>
HWY_INLINE void add_terms(const Block& block, Sums<kRows, kVectors>& sums) {
  // One pointer for four rows, because the address mode of x86 reaches no further than some
  // multiples of a stride; for adjacent rows one is enough.
  constexpr std::size_t kGroup = kAdjacentRows ? kRows : 4;
  constexpr std::size_t kGroups = (kRows + kGroup - 1) / kGroup;
  const std::ptrdiff_t a_row = kAdjacentRows ? 1 : block.a_row;
  for (std::size_t t = 0; t < block.term_count; ++t) {
    const float* b = block.b + block.terms[t].b;
    const float* a[kGroups];
    HWY_UNROLL(4)
    for (std::size_t g = 0; g < kGroups; ++g) {
      a[g] = block.a + block.terms[t].a + static_cast<std::ptrdiff_t>(kGroup * g) * a_row;
    }
    HWY_UNROLL(2)
    for (std::size_t k = 0; k < block.depth; ++k) {
      Vector columns[kVectors];
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < kVectors; ++v) {
        columns[v] = hn::LoadU(kTag, b + v * kLanes);
      }
      HWY_UNROLL(16)
      for (std::size_t i = 0; i < kRows; ++i) {
        const Vector value =
            hn::Set(kTag, a[i / kGroup][static_cast<std::ptrdiff_t>(i % kGroup) * a_row]);
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
}

template <std::size_t kRows, std::size_t kVectors>
HWY_INLINE void finish_sums(const Block& block, Mask last_mask, Sums<kRows, kVectors>& sums) {
  constexpr std::size_t kLast = (kVectors - 1) * kLanes;
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

template <std::size_t kRows, std::size_t kVectors, bool kAdjacentRows>
void multiply_block(const Block& block) {
  const Mask last_mask = hn::FirstN(kTag, block.last_lanes);
  Sums<kRows, kVectors> sums;
  start_sums<kRows, kVectors>(block, last_mask, sums);
  add_terms<kRows, kVectors, kAdjacentRows>(block, sums);
  finish_sums<kRows, kVectors>(block, last_mask, sums);
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

template <std::size_t kVectors, bool kAdjacentRows, std::size_t... kRows>
constexpr BlockKernels::OfWidth kernels_of_width(std::index_sequence<kRows...> /*rows*/) {
  return {multiply_block<kRows + 1, kVectors, kAdjacentRows>...};
}

template <bool kAdjacentRows, std::size_t... kWidths>
constexpr BlockKernels::Table make_table(std::index_sequence<kWidths...> /*widths*/) {
  return {kernels_of_width<kWidths + 1, kAdjacentRows>(
      std::make_index_sequence<kRowsOfVectors[kWidths]>())...};
}

const BlockKernels& kernels_of_target() {
  using Widths = std::make_index_sequence<BlockKernels::kVectorsMax>;
  static constexpr BlockKernels kKernels{kLanes, std::to_array(kRowsOfVectors),
                                         make_table<false>(Widths()), make_table<true>(Widths()),
                                         pack};
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
