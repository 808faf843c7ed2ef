#include "winograd_transforms.hpp"

#include <algorithm>

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/winograd_transforms.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "nn/kernels/winograd_maps-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Whole vectors, then the four channels at a time that are left over.
using WholeTag = HWY_FULL(float);
using RestTag = hn::CappedTag<float, kWinogradChannelMultiple>;

/// Calls f(tag, c) for each vector of channels, c being its first.
template <class F>
HWY_INLINE void for_each_vector(std::size_t channels, const F& f) {
  constexpr std::size_t kLanes = hn::MaxLanes(WholeTag());
  std::size_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) {
    f(WholeTag(), c);
  }
  for (; c < channels; c += kWinogradChannelMultiple) {
    f(RestTag(), c);
  }
}

// ---- Tiles of images ----

/// A square of pixels of an image, part of which may lie beyond its edge.
template <class T>
struct Square {
  T* pixels;
  std::size_t row_stride;
  std::size_t channels;
  std::size_t height;
  std::size_t width;

  template <std::size_t kSide>
  bool is_whole() const {
    return height >= kSide && width >= kSide;
  }
  bool contains(std::size_t a, std::size_t b) const { return a < height && b < width; }
  T* at(std::size_t a, std::size_t b) const { return pixels + a * row_stride + b * channels; }
};

template <std::size_t kOutputs, class T>
HWY_INLINE Square<T> square_of(const TileRow<T>& row, std::size_t tile) {
  const std::size_t column = tile * kOutputs;
  return {row.pixels + column * row.channels, row.row_stride, row.channels, row.height,
          row.width - std::min(column, row.width)};
}

template <std::size_t kOutputs>
void input_row(const TileRow<const float>& x, WinogradPlanes<float> v) {
  for (std::size_t tile = 0; tile < x.tiles; ++tile) {
    const auto square = square_of<kOutputs>(x, tile);
    const bool whole = square.template is_whole<kTile>();
    for_each_vector(x.channels, [&](auto d, std::size_t c) HWY_ATTR {
      float* target = v.data + tile * x.channels + c;
      const auto store = [=](std::size_t a, std::size_t b, auto value) HWY_ATTR {
        hn::StoreU(value, d, target + (kTile * a + b) * v.stride);
      };
      if (whole) {
        apply_to_both_axes<InputMap>(
            d,
            [=](std::size_t a, std::size_t b)
                HWY_ATTR { return hn::LoadU(d, square.at(a, b) + c); },
            store);
      } else {
        apply_to_both_axes<InputMap>(
            d,
            [=](std::size_t a, std::size_t b) HWY_ATTR {
              return square.contains(a, b) ? hn::LoadU(d, square.at(a, b) + c) : hn::Zero(d);
            },
            store);
      }
    });
  }
}

template <std::size_t kOutputs>
void output_row(WinogradPlanes<const float> m, const float* bias, bool relu,
                const TileRow<float>& y) {
  for (std::size_t tile = 0; tile < y.tiles; ++tile) {
    const auto square = square_of<kOutputs>(y, tile);
    for_each_vector(y.channels, [&](auto d, std::size_t c) HWY_ATTR {
      const float* source = m.data + tile * y.channels + c;
      const auto start = hn::LoadU(d, bias + c);
      const auto zero = hn::Zero(d);
      apply_to_both_axes<EvaluationAdjointMap<kOutputs>>(
          d,
          [=](std::size_t a, std::size_t b)
              HWY_ATTR { return hn::LoadU(d, source + (kTile * a + b) * m.stride); },
          [=](std::size_t a, std::size_t b, auto value) HWY_ATTR {
            const auto sum = hn::Add(value, start);
            if (square.contains(a, b)) {
              // Not Max, which loses NaN on some targets.
              hn::StoreU(relu ? hn::IfThenZeroElse(hn::Lt(sum, zero), sum) : sum, d,
                         square.at(a, b) + c);
            }
          });
    });
  }
}

template <std::size_t kOutputs>
void output_adjoint_row(const TileRow<const float>& dy, const TileRow<const float>& y,
                        WinogradPlanes<float> dm) {
  for (std::size_t tile = 0; tile < dy.tiles; ++tile) {
    const auto square = square_of<kOutputs>(dy, tile);
    const auto mask = square_of<kOutputs>(y, tile);
    const bool masked = y.pixels != nullptr;
    for_each_vector(dy.channels, [&](auto d, std::size_t c) HWY_ATTR {
      float* target = dm.data + tile * dy.channels + c;
      const auto zero = hn::Zero(d);
      apply_to_both_axes<EvaluationMap<kOutputs>>(
          d,
          [=](std::size_t a, std::size_t b) HWY_ATTR {
            if (!square.contains(a, b)) {
              return zero;
            }
            const auto value = hn::LoadU(d, square.at(a, b) + c);
            return masked ? hn::IfThenElseZero(hn::Gt(hn::LoadU(d, mask.at(a, b) + c), zero), value)
                          : value;
          },
          [=](std::size_t a, std::size_t b, auto value)
              HWY_ATTR { hn::StoreU(value, d, target + (kTile * a + b) * dm.stride); });
    });
  }
}

/// Neighbours overlap. To the right the overlap is carried along; below it is added to what the
/// row of tiles above left there.
template <std::size_t kOutputs>
void input_adjoint_row(WinogradPlanes<const float> dv, bool first_row, const TileRow<float>& dx) {
  constexpr std::size_t kOverlap = kTile - kOutputs;
  const std::size_t rows = std::min(kTile, dx.height);
  const std::size_t added_rows = first_row ? 0 : kOverlap;
  for_each_vector(dx.channels, [&](auto d, std::size_t c) HWY_ATTR {
    using V = hn::Vec<decltype(d)>;
    V sums[kTile][kTile];
    const auto flush = [&](std::size_t first_column, std::size_t columns) HWY_ATTR {
      for (std::size_t a = 0; a < rows; ++a) {
        float* target = dx.pixels + a * dx.row_stride + first_column * dx.channels + c;
        for (std::size_t b = 0; b < columns; ++b, target += dx.channels) {
          hn::StoreU(a < added_rows ? hn::Add(hn::LoadU(d, target), sums[a][b]) : sums[a][b], d,
                     target);
        }
      }
    };
    for (std::size_t tile = 0; tile < dx.tiles; ++tile) {
      const float* source = dv.data + tile * dx.channels + c;
      V carried[kTile][kOverlap];
      HWY_UNROLL(6)
      for (std::size_t a = 0; a < kTile; ++a) {
        HWY_UNROLL(6)
        for (std::size_t b = 0; b < kOverlap; ++b) {
          carried[a][b] = tile == 0 ? hn::Zero(d) : sums[a][b + kOutputs];
        }
      }
      apply_to_both_axes<InputAdjointMap>(
          d,
          [=](std::size_t a, std::size_t b)
              HWY_ATTR { return hn::LoadU(d, source + (kTile * a + b) * dv.stride); },
          [&](std::size_t a, std::size_t b, V value)
              HWY_ATTR { sums[a][b] = b < kOverlap ? hn::Add(value, carried[a][b]) : value; });
      const std::size_t column = tile * kOutputs;
      const bool last = tile + 1 == dx.tiles;
      flush(column, std::min(last ? kTile : kOutputs, dx.width - std::min(column, dx.width)));
    }
  });
}

// ---- Weights ----

/// Where element (row, column) of a matrix in panels lies.
struct Panels {
  std::size_t rows;
  std::size_t columns;
  std::size_t width;

  std::size_t offset(std::size_t row, std::size_t column) const {
    const std::size_t first = column / width * width;
    return first * rows + row * std::min(width, columns - first) + (column - first);
  }
};

/// U = G w G^T of one vector; load(i, j) is told kernel row and column.
template <std::size_t kKernel, class D, class Load>
HWY_INLINE void weights_vector(D d, const Load& load, float* target, std::size_t stride) {
  apply_to_both_axes<EvaluationMap<kKernel>>(
      d, load, [=](std::size_t a, std::size_t b, auto value) HWY_ATTR {
        hn::StoreU(hn::Mul(value, hn::Set(d, kWeightScale[a] * kWeightScale[b])), d,
                   target + (kTile * a + b) * stride);
      });
}

template <std::size_t kKernel>
void weights_of(const float* weights, std::size_t in, std::size_t out, std::size_t panel,
                WinogradPlanes<float> u) {
  const Panels panels{in, out, panel};
  for (std::size_t i = 0; i < in; ++i) {
    for_each_vector(out, [&](auto d, std::size_t o) HWY_ATTR {
      const float* source = weights + i * out + o;
      weights_vector<kKernel>(
          d,
          [=](std::size_t a, std::size_t b)
              HWY_ATTR { return hn::LoadU(d, source + (kKernel * a + b) * in * out); },
          u.data + panels.offset(i, o), u.stride);
    });
  }
}

/// Vectors run along the input channels, which are `out` floats apart in the weights. So the
/// weights of a few channels are transposed first, on the stack.
template <std::size_t kKernel>
void weights_transposed_of(const float* weights, std::size_t in, std::size_t out, std::size_t panel,
                           WinogradPlanes<float> u) {
  constexpr std::size_t kTaps = kKernel * kKernel;
  const Panels panels{out, in, panel};
  for_each_vector(in, [&](auto d, std::size_t i) HWY_ATTR {
    constexpr std::size_t kLanes = hn::MaxLanes(d);
    alignas(64) float transposed[kTaps][kWinogradChannelMultiple][kLanes];
    for (std::size_t first = 0; first < out; first += kWinogradChannelMultiple) {
      for (std::size_t tap = 0; tap < kTaps; ++tap) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          const float* source = weights + (tap * in + i + lane) * out + first;
          for (std::size_t o = 0; o < kWinogradChannelMultiple; ++o) {
            transposed[tap][o][lane] = source[o];
          }
        }
      }
      for (std::size_t o = 0; o < kWinogradChannelMultiple; ++o) {
        weights_vector<kKernel>(
            d,
            [&](std::size_t a, std::size_t b)
                HWY_ATTR { return hn::Load(d, transposed[kKernel * a + b][o]); },
            u.data + panels.offset(first + o, i), u.stride);
      }
    }
  });
}

template <std::size_t kKernel>
void weights_adjoint_of(WinogradPlanes<const float> du, std::size_t in, std::size_t out,
                        bool accumulate, float* weights) {
  for (std::size_t i = 0; i < in; ++i) {
    for_each_vector(out, [&](auto d, std::size_t o) HWY_ATTR {
      const std::size_t place = i * out + o;
      apply_to_both_axes<EvaluationAdjointMap<kKernel>>(
          d,
          [=](std::size_t a, std::size_t b) HWY_ATTR {
            const auto value = hn::LoadU(d, du.data + (kTile * a + b) * du.stride + place);
            return hn::Mul(value, hn::Set(d, kWeightScale[a] * kWeightScale[b]));
          },
          [=](std::size_t a, std::size_t b, auto value) HWY_ATTR {
            float* weight = weights + (kKernel * a + b) * in * out + place;
            hn::StoreU(accumulate ? hn::Add(hn::LoadU(d, weight), value) : value, d, weight);
          });
    });
  }
}

/// The kernels of one form.
template <std::size_t kKernel>
constexpr WinogradTransforms transforms_of() {
  constexpr std::size_t kOutputs = kTile + 1 - kKernel;
  return {input_row<kOutputs>,         output_row<kOutputs>, output_adjoint_row<kOutputs>,
          input_adjoint_row<kOutputs>, weights_of<kKernel>,  weights_transposed_of<kKernel>,
          weights_adjoint_of<kKernel>};
}

const WinogradTransforms& transforms_of_target(WinogradForm form) {
  static constexpr WinogradTransforms kSmallKernel = transforms_of<3>();
  static constexpr WinogradTransforms kLargeKernel = transforms_of<5>();
  return form == WinogradForm::Outputs4x4Kernel3x3 ? kSmallKernel : kLargeKernel;
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(transforms_of_target);

}  // namespace

const WinogradTransforms& winograd_transforms(WinogradForm form) {
  return HWY_DYNAMIC_DISPATCH(transforms_of_target)(form);
}

}  // namespace hermes::nn
#endif
