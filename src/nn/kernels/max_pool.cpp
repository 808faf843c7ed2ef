#include "nn/kernels/max_pool.hpp"

#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/max_pool.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/vector_loop-inl.hpp"
#include "nn/layers/view_ops.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using hermes::HWY_NAMESPACE::for_each_vector;

/// f(i, row, column) for each place of a window: without divisions, which cost more than the rest.
template <class F>
HWY_INLINE void for_each_place(std::size_t size, const F& f) {
  for (std::size_t row = 0, i = 0; row < size; ++row) {
    for (std::size_t column = 0; column < size; ++column, ++i) {
      f(i, row, column);
    }
  }
}

/// kSize: the side of the window where the compiler should know it, else 0. Vectors run along the
/// channels of a pixel.
template <std::size_t kSize, class Winner>
void forward(const Pool2dGeometry& geometry, bool has_relu, const ConstTensorView& x,
             const TensorView& y, Winner* winners) {
  const std::size_t size = kSize > 0 ? kSize : geometry.size;
  const std::size_t channels = geometry.input.channels;
  const auto pool_window = [&](const float* window, float* out) HWY_ATTR {
    for_each_vector(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const hn::RebindToSigned<decltype(d)> di;
      const auto zero = hn::Zero(d);
      auto best = hn::LoadU(d, window + c);
      if (has_relu) {
        best = hn::IfThenZeroElse(hn::Lt(best, zero), best);  // what beats it is positive, or NaN
      }
      auto winner = hn::Zero(di);
      for_each_place(size, [&](std::size_t i, std::size_t row, std::size_t column) HWY_ATTR {
        const auto value = hn::LoadU(d, window + row * x.row_stride + column * channels + c);
        // A strict comparison keeps the first of equals; a NaN wins and stays, as in PyTorch.
        const auto wins = hn::Or(hn::Gt(value, best), hn::IsNaN(value));
        best = hn::IfThenElse(wins, value, best);
        winner = hn::IfThenElse(hn::RebindMask(di, wins), hn::Set(di, static_cast<std::int32_t>(i)),
                                winner);
      });
      if (has_relu) {
        const auto nobody = hn::Set(di, static_cast<std::int32_t>(size * size));
        winner = hn::IfThenElse(hn::RebindMask(di, hn::Gt(best, zero)), winner, nobody);
      }
      hn::StoreU(best, d, out + c);
      const hn::Rebind<Winner, decltype(d)> dw;
      hn::StoreU(hn::DemoteTo(dw, winner), dw, winners + c);
    });
    winners += channels;
  };
  for (std::size_t n = 0; n < y.batch; ++n) {
    for (std::size_t h = 0; h < y.height; ++h) {
      for (std::size_t w = 0; w < y.width; ++w) {
        pool_window(geometry.window_pixel(x, n, h, w, 0), y.row(n, h) + w * channels);
      }
    }
  }
}

/// kAdds: windows may overlap; otherwise every place is written once.
template <std::size_t kSize, bool kAdds, class Winner>
void backward(const Pool2dGeometry& geometry, const Winner* winners, const ConstTensorView& dy,
              const TensorView& dx) {
  const std::size_t size = kSize > 0 ? kSize : geometry.size;
  const std::size_t channels = geometry.input.channels;
  const auto unpool_window = [&](const float* gradient, float* window) HWY_ATTR {
    for_each_vector(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const hn::RebindToSigned<decltype(d)> di;
      const hn::Rebind<Winner, decltype(d)> dw;
      const auto g = hn::LoadU(d, gradient + c);
      const auto winner = hn::PromoteTo(di, hn::LoadU(dw, winners + c));
      for_each_place(size, [&](std::size_t i, std::size_t row, std::size_t column) HWY_ATTR {
        float* place = window + row * dx.row_stride + column * channels + c;
        const auto is_here = hn::Eq(winner, hn::Set(di, static_cast<std::int32_t>(i)));
        const auto share = hn::IfThenElseZero(hn::RebindMask(d, is_here), g);
        if constexpr (kAdds) {
          hn::StoreU(hn::Add(hn::LoadU(d, place), share), d, place);
        } else {
          hn::StoreU(share, d, place);
        }
      });
    });
    winners += channels;
  };
  for (std::size_t n = 0; n < dy.batch; ++n) {
    for (std::size_t h = 0; h < dy.height; ++h) {
      for (std::size_t w = 0; w < dy.width; ++w) {
        unpool_window(dy.row(n, h) + w * channels, geometry.window_pixel(dx, n, h, w, 0));
      }
    }
  }
}

template <class Winner>
void forward_any(const Pool2dGeometry& geometry, bool has_relu, const ConstTensorView& x,
                 const TensorView& y, std::byte* saved) {
  auto* winners = reinterpret_cast<Winner*>(saved);
  if (geometry.size == 2) {
    forward<2>(geometry, has_relu, x, y, winners);
  } else {
    forward<0>(geometry, has_relu, x, y, winners);
  }
}

template <class Winner>
void backward_any(const Pool2dGeometry& geometry, const std::byte* saved, const ConstTensorView& dy,
                  const TensorView& dx) {
  const auto* winners = reinterpret_cast<const Winner*>(saved);
  if (!geometry.is_partition()) {
    fill_zero(dx);
  }
  if (geometry.has_overlap()) {
    backward<0, true>(geometry, winners, dy, dx);
  } else if (geometry.size == 2) {
    backward<2, false>(geometry, winners, dy, dx);
  } else {
    backward<0, false>(geometry, winners, dy, dx);
  }
}

void forward_bytes(const Pool2dGeometry& geometry, bool has_relu, const ConstTensorView& x,
                   const TensorView& y, std::byte* winners) {
  forward_any<std::uint8_t>(geometry, has_relu, x, y, winners);
}
void forward_words(const Pool2dGeometry& geometry, bool has_relu, const ConstTensorView& x,
                   const TensorView& y, std::byte* winners) {
  forward_any<std::uint16_t>(geometry, has_relu, x, y, winners);
}
void backward_bytes(const Pool2dGeometry& geometry, const std::byte* winners,
                    const ConstTensorView& dy, const TensorView& dx) {
  backward_any<std::uint8_t>(geometry, winners, dy, dx);
}
void backward_words(const Pool2dGeometry& geometry, const std::byte* winners,
                    const ConstTensorView& dy, const TensorView& dx) {
  backward_any<std::uint16_t>(geometry, winners, dy, dx);
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(forward_bytes);
HWY_EXPORT(forward_words);
HWY_EXPORT(backward_bytes);
HWY_EXPORT(backward_words);

/// The places of a window and "nobody" fit into a byte.
bool has_byte_winners(const Pool2dGeometry& geometry) {
  return geometry.size * geometry.size < 255;
}

}  // namespace

std::size_t max_pool_winner_bytes(const Pool2dGeometry& geometry) {
  return has_byte_winners(geometry) ? sizeof(std::uint8_t) : sizeof(std::uint16_t);
}

void max_pool_forward(const Pool2dGeometry& geometry, bool has_relu, ConstTensorView x,
                      TensorView y, std::span<std::byte> winners) {
  if (has_byte_winners(geometry)) {
    HWY_DYNAMIC_DISPATCH(forward_bytes)(geometry, has_relu, x, y, winners.data());
  } else {
    HWY_DYNAMIC_DISPATCH(forward_words)(geometry, has_relu, x, y, winners.data());
  }
}

void max_pool_backward(const Pool2dGeometry& geometry, std::span<const std::byte> winners,
                       ConstTensorView dy, TensorView dx) {
  if (has_byte_winners(geometry)) {
    HWY_DYNAMIC_DISPATCH(backward_bytes)(geometry, winners.data(), dy, dx);
  } else {
    HWY_DYNAMIC_DISPATCH(backward_words)(geometry, winners.data(), dy, dx);
  }
}

}  // namespace hermes::nn
#endif
