#include "transpose.hpp"

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/transpose.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Four by four values; every instruction set has vectors of four and pairs of them.
constexpr std::size_t kTile = 4;
constexpr hn::FixedTag<float, kTile> kFour;
constexpr hn::FixedTag<double, 2> kPairs;

void transpose_tile(const float* source, std::size_t source_row, float* target,
                    std::size_t target_row) {
  const auto a = hn::LoadU(kFour, source);
  const auto b = hn::LoadU(kFour, source + source_row);
  const auto c = hn::LoadU(kFour, source + 2 * source_row);
  const auto d = hn::LoadU(kFour, source + 3 * source_row);
  const auto ab_low = hn::BitCast(kPairs, hn::InterleaveLower(kFour, a, b));  // a0 b0 a1 b1
  const auto cd_low = hn::BitCast(kPairs, hn::InterleaveLower(kFour, c, d));
  const auto ab_high = hn::BitCast(kPairs, hn::InterleaveUpper(kFour, a, b));  // a2 b2 a3 b3
  const auto cd_high = hn::BitCast(kPairs, hn::InterleaveUpper(kFour, c, d));
  const auto store = [&](std::size_t row, auto pairs) {
    hn::StoreU(hn::BitCast(kFour, pairs), kFour, target + row * target_row);
  };
  store(0, hn::InterleaveLower(kPairs, ab_low, cd_low));
  store(1, hn::InterleaveUpper(kPairs, ab_low, cd_low));
  store(2, hn::InterleaveLower(kPairs, ab_high, cd_high));
  store(3, hn::InterleaveUpper(kPairs, ab_high, cd_high));
}

void transpose_of_target(const float* source, std::size_t source_row, std::size_t rows,
                         std::size_t columns, float* target, std::size_t target_row) {
  const std::size_t whole_rows = rows / kTile * kTile;
  const std::size_t whole_columns = columns / kTile * kTile;
  const auto one_by_one = [&](std::size_t i, std::size_t j) {
    target[j * target_row + i] = source[i * source_row + j];
  };
  for (std::size_t i = 0; i < whole_rows; i += kTile) {
    for (std::size_t j = 0; j < whole_columns; j += kTile) {
      transpose_tile(source + i * source_row + j, source_row, target + j * target_row + i,
                     target_row);
    }
    for (std::size_t r = i; r < i + kTile; ++r) {
      for (std::size_t j = whole_columns; j < columns; ++j) {
        one_by_one(r, j);
      }
    }
  }
  for (std::size_t i = whole_rows; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      one_by_one(i, j);
    }
  }
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(transpose_of_target);

}  // namespace

void transpose(const float* source, std::size_t source_row, std::size_t rows, std::size_t columns,
               float* target, std::size_t target_row) {
  HWY_DYNAMIC_DISPATCH(transpose_of_target)
  (source, source_row, rows, columns, target, target_row);
}

}  // namespace hermes::nn
#endif
