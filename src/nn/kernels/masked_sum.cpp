#include "masked_sum.hpp"

#include <algorithm>

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/masked_sum.cpp"
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

Vector one_vector(const MaskedRows& rows, std::size_t row, std::size_t column) {
  Vector value = hn::LoadU(kTag, rows.values + row * rows.values_row + column);
  if (rows.mask != nullptr) {
    const Vector mask = hn::LoadU(kTag, rows.mask + row * rows.mask_row + column);
    value = hn::IfThenElseZero(hn::Gt(mask, hn::Zero(kTag)), value);
  }
  if (rows.target != nullptr) {
    hn::StoreU(value, kTag, rows.target + row * rows.target_row + column);
  }
  return value;
}

/// `kVectors` vectors of columns, `kStep` rows at once: four sums hide the latency of additions.
template <std::size_t kVectors, std::size_t kStep>
void add_strip(const MaskedRows& rows, std::size_t column, float* sums) {
  Vector partial[kStep][kVectors];
  for (auto& row : partial) {
    for (Vector& sum : row) {
      sum = hn::Zero(kTag);
    }
  }
  std::size_t i = 0;
  for (; i + kStep <= rows.rows; i += kStep) {
    HWY_UNROLL(4)
    for (std::size_t step = 0; step < kStep; ++step) {
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < kVectors; ++v) {
        partial[step][v] =
            hn::Add(partial[step][v], one_vector(rows, i + step, column + v * kLanes));
      }
    }
  }
  for (; i < rows.rows; ++i) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      partial[0][v] = hn::Add(partial[0][v], one_vector(rows, i, column + v * kLanes));
    }
  }
  for (std::size_t v = 0; v < kVectors; ++v) {
    Vector sum = hn::LoadU(kTag, sums + column + v * kLanes);
    for (const auto& row : partial) {
      sum = hn::Add(sum, row[v]);
    }
    hn::StoreU(sum, kTag, sums + column + v * kLanes);
  }
}

void add_last_columns(const MaskedRows& rows, std::size_t column, float* sums) {
  for (std::size_t i = 0; i < rows.rows; ++i) {
    for (std::size_t j = column; j < rows.columns; ++j) {
      const bool counts = rows.mask == nullptr || rows.mask[i * rows.mask_row + j] > 0.0F;
      const float value = counts ? rows.values[i * rows.values_row + j] : 0.0F;
      if (rows.target != nullptr) {
        rows.target[i * rows.target_row + j] = value;
      }
      sums[j] += value;
    }
  }
}

void add_columns_of_target(const MaskedRows& rows, float* sums) {
  std::size_t column = 0;
  for (; column + 4 * kLanes <= rows.columns; column += 4 * kLanes) {
    add_strip<4, 1>(rows, column, sums);
  }
  for (; column + 2 * kLanes <= rows.columns; column += 2 * kLanes) {
    add_strip<2, 2>(rows, column, sums);
  }
  for (; column + kLanes <= rows.columns; column += kLanes) {
    add_strip<1, 4>(rows, column, sums);
  }
  add_last_columns(rows, column, sums);
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(add_columns_of_target);

}  // namespace

void add_masked_columns(const MaskedRows& rows, float* sums) {
  HWY_DYNAMIC_DISPATCH(add_columns_of_target)(rows, sums);
}

}  // namespace hermes::nn
#endif
