// The matrices of Winograd's convolution as functions, for winograd_transforms.cpp alone. Highway
// includes this once for each instruction set, hence the guard that toggles.
#if defined(HERMES_NN_WINOGRAD_MAPS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef HERMES_NN_WINOGRAD_MAPS_INL_HPP
#undef HERMES_NN_WINOGRAD_MAPS_INL_HPP
#else
#define HERMES_NN_WINOGRAD_MAPS_INL_HPP
#endif

#include <hwy/highway.h>

#include <cstddef>

#include "nn/kernels/winograd_transforms.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kTile = kWinogradTile;

// Maps of one axis, linear in `in`.

/// B^T:   4  0 -5  0  1  0
///        0 -4 -4  1  1  0
///        0  4 -4 -1  1  0
///        0 -2 -1  2  1  0
///        0  2 -1 -2  1  0
///        0  4  0 -5  0  1
struct InputMap {
  static constexpr std::size_t kIn = kTile;
  static constexpr std::size_t kOut = kTile;

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* in, V* out) {
    const V two = hn::Set(d, 2.0F);
    const V four = hn::Set(d, 4.0F);
    const V five = hn::Set(d, 5.0F);
    const V even_1 = hn::NegMulAdd(four, in[2], in[4]);
    const V odd_1 = hn::NegMulAdd(four, in[1], in[3]);
    const V even_2 = hn::Sub(in[4], in[2]);
    const V odd_2 = hn::Sub(in[3], in[1]);
    out[0] = hn::MulAdd(four, in[0], hn::NegMulAdd(five, in[2], in[4]));
    out[1] = hn::Add(even_1, odd_1);
    out[2] = hn::Sub(even_1, odd_1);
    out[3] = hn::MulAdd(two, odd_2, even_2);
    out[4] = hn::NegMulAdd(two, odd_2, even_2);
    out[5] = hn::MulAdd(four, in[1], hn::NegMulAdd(five, in[3], in[5]));
  }
};

/// B, the adjoint of InputMap.
struct InputAdjointMap {
  static constexpr std::size_t kIn = kTile;
  static constexpr std::size_t kOut = kTile;

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* in, V* out) {
    const V two = hn::Set(d, 2.0F);
    const V four = hn::Set(d, 4.0F);
    const V five = hn::Set(d, 5.0F);
    const V sum_1 = hn::Add(in[1], in[2]);
    const V difference_1 = hn::Sub(in[1], in[2]);
    const V sum_2 = hn::Add(in[3], in[4]);
    const V twice_2 = hn::Mul(two, hn::Sub(in[3], in[4]));
    out[0] = hn::Mul(four, in[0]);
    out[1] = hn::Sub(hn::Mul(four, hn::Sub(in[5], difference_1)), twice_2);
    out[2] = hn::NegMulAdd(five, in[0], hn::NegMulAdd(four, sum_1, hn::Neg(sum_2)));
    out[3] = hn::NegMulAdd(five, in[5], hn::Add(difference_1, twice_2));
    out[4] = hn::Add(in[0], hn::Add(sum_1, sum_2));
    out[5] = in[5];
  }
};

/// The values of a polynomial with kCoefficients coefficients at 0, 1, -1, 2, -2 and infinity (its
/// leading coefficient): A for 2 or 4 coefficients, and G but for its scale for 3 or 5.
template <std::size_t kCoefficients>
struct EvaluationMap {
  static constexpr std::size_t kIn = kCoefficients;
  static constexpr std::size_t kOut = kTile;

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* in, V* out) {
    V even_1 = in[0];
    V even_2 = in[0];
    V odd_1 = in[1];
    V odd_2 = hn::Add(in[1], in[1]);
    if constexpr (kIn > 2) {
      even_1 = hn::Add(even_1, in[2]);
      even_2 = hn::MulAdd(hn::Set(d, 4.0F), in[2], even_2);
    }
    if constexpr (kIn > 3) {
      odd_1 = hn::Add(odd_1, in[3]);
      odd_2 = hn::MulAdd(hn::Set(d, 8.0F), in[3], odd_2);
    }
    if constexpr (kIn > 4) {
      even_1 = hn::Add(even_1, in[4]);
      even_2 = hn::MulAdd(hn::Set(d, 16.0F), in[4], even_2);
    }
    out[0] = in[0];
    out[1] = hn::Add(even_1, odd_1);
    out[2] = hn::Sub(even_1, odd_1);
    out[3] = hn::Add(even_2, odd_2);
    out[4] = hn::Sub(even_2, odd_2);
    out[5] = in[kIn - 1];
  }
};

/// The adjoint of EvaluationMap: A^T for 2 or 4 coefficients.
template <std::size_t kCoefficients>
struct EvaluationAdjointMap {
  static constexpr std::size_t kIn = kTile;
  static constexpr std::size_t kOut = kCoefficients;

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void apply(D d, const V* in, V* out) {
    const V sum_1 = hn::Add(in[1], in[2]);
    const V difference_1 = hn::Sub(in[1], in[2]);
    const V sum_2 = hn::Add(in[3], in[4]);
    const V difference_2 = hn::Sub(in[3], in[4]);
    out[0] = hn::Add(in[0], hn::Add(sum_1, sum_2));
    out[1] = hn::MulAdd(hn::Set(d, 2.0F), difference_2, difference_1);
    if constexpr (kOut > 2) {
      out[2] = hn::MulAdd(hn::Set(d, 4.0F), sum_2, sum_1);
    }
    if constexpr (kOut > 3) {
      out[3] = hn::MulAdd(hn::Set(d, 8.0F), difference_2, difference_1);
    }
    if constexpr (kOut > 4) {
      out[4] = hn::MulAdd(hn::Set(d, 16.0F), sum_2, sum_1);
    }
    out[kOut - 1] = hn::Add(out[kOut - 1], in[5]);
  }
};

/// The scale of G: row i of G is kWeightScale[i] times the evaluation at point i.
constexpr float kWeightScale[kTile] = {1.0F / 4, -1.0F / 6, -1.0F / 6, 1.0F / 24, 1.0F / 24, 1.0F};

/// out = L in L^T for the matrix L of `Map`; load(a, b) and store(a, b, value) are told row and
/// column. All loops are unrolled.
template <class Map, class D, class Load, class Store>
HWY_INLINE void apply_to_both_axes(D d, const Load& load, const Store& store) {
  using V = hn::Vec<D>;
  V half_way[Map::kOut][Map::kIn];
  HWY_UNROLL(6)
  for (std::size_t b = 0; b < Map::kIn; ++b) {
    V column[Map::kIn];
    V mapped[Map::kOut];
    HWY_UNROLL(6)
    for (std::size_t a = 0; a < Map::kIn; ++a) {
      column[a] = load(a, b);
    }
    Map::apply(d, column, mapped);
    HWY_UNROLL(6)
    for (std::size_t a = 0; a < Map::kOut; ++a) {
      half_way[a][b] = mapped[a];
    }
  }
  HWY_UNROLL(6)
  for (std::size_t a = 0; a < Map::kOut; ++a) {
    V mapped[Map::kOut];
    Map::apply(d, half_way[a], mapped);
    HWY_UNROLL(6)
    for (std::size_t b = 0; b < Map::kOut; ++b) {
      store(a, b, mapped[b]);
    }
  }
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
