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

// Four rows by four columns at a time: wider vectors would save loads, but the stores limit.
constexpr std::size_t kSide = 4;

void transpose_square(const float* source, std::size_t columns, float* target, std::size_t rows) {
  const hn::FixedTag<float, kSide> tag;
  const hn::Repartition<double, decltype(tag)> pairs;
  const auto row0 = hn::LoadU(tag, source);
  const auto row1 = hn::LoadU(tag, source + columns);
  const auto row2 = hn::LoadU(tag, source + 2 * columns);
  const auto row3 = hn::LoadU(tag, source + 3 * columns);
  // 00 10 01 11, then the pairs of rows 0, 1 beside those of rows 2, 3.
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(tag, row0, row1));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(tag, row2, row3));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(tag, row0, row1));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(tag, row2, row3));
  hn::StoreU(hn::BitCast(tag, hn::InterleaveLower(pairs, low01, low23)), tag, target);
  hn::StoreU(hn::BitCast(tag, hn::InterleaveUpper(pairs, low01, low23)), tag, target + rows);
  hn::StoreU(hn::BitCast(tag, hn::InterleaveLower(pairs, high01, high23)), tag, target + 2 * rows);
  hn::StoreU(hn::BitCast(tag, hn::InterleaveUpper(pairs, high01, high23)), tag, target + 3 * rows);
}

void transpose_all(const float* source, std::size_t rows, std::size_t columns, float* target) {
  const std::size_t whole_rows = rows / kSide * kSide;
  const std::size_t whole_columns = columns / kSide * kSide;
  for (std::size_t i = 0; i < whole_rows; i += kSide) {
    for (std::size_t j = 0; j < whole_columns; j += kSide) {
      transpose_square(source + i * columns + j, columns, target + j * rows + i, rows);
    }
    for (std::size_t j = whole_columns; j < columns; ++j) {
      for (std::size_t k = i; k < i + kSide; ++k) {
        target[j * rows + k] = source[k * columns + j];
      }
    }
  }
  for (std::size_t i = whole_rows; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      target[j * rows + i] = source[i * columns + j];
    }
  }
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(transpose_all);

}  // namespace

void transpose(const float* source, std::size_t rows, std::size_t columns, float* target) {
  HWY_DYNAMIC_DISPATCH(transpose_all)(source, rows, columns, target);
}

}  // namespace hermes::nn
#endif
