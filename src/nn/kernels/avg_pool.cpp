#include "nn/kernels/avg_pool.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/avg_pool.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/vector_loop-inl.hpp"
#include "nn/layers/view_ops.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using hermes::HWY_NAMESPACE::for_each_vector;

float share_of_pixel(const Pool2dGeometry& geometry) {
  return 1.0F / static_cast<float>(geometry.size * geometry.size);
}

void forward(const Pool2dGeometry& geometry, const ConstTensorView& x, const TensorView& y) {
  const std::size_t size = geometry.size;
  const std::size_t channels = geometry.input.channels;
  const float share = share_of_pixel(geometry);
  const auto pool_window = [&](const float* window, float* mean) HWY_ATTR {
    for_each_vector(channels, [&](auto d, std::size_t c) HWY_ATTR {
      auto sum = hn::Zero(d);
      for (std::size_t row = 0; row < size; ++row) {
        for (std::size_t column = 0; column < size; ++column) {
          const float* pixel = window + row * x.row_stride + column * channels + c;
          sum = hn::Add(sum, hn::LoadU(d, pixel));
        }
      }
      hn::StoreU(hn::Mul(sum, hn::Set(d, share)), d, mean + c);
    });
  };
  for (std::size_t n = 0; n < y.batch; ++n) {
    for (std::size_t h = 0; h < y.height; ++h) {
      for (std::size_t w = 0; w < y.width; ++w) {
        pool_window(geometry.window_pixel(x, n, h, w, 0), y.row(n, h) + w * channels);
      }
    }
  }
}

void backward(const Pool2dGeometry& geometry, const ConstTensorView& dy, const TensorView& dx) {
  const std::size_t size = geometry.size;
  const std::size_t channels = geometry.input.channels;
  const float share = share_of_pixel(geometry);
  const bool adds = geometry.has_overlap();
  if (!geometry.is_partition()) {
    fill_zero(dx);
  }
  const auto unpool_window = [&](const float* gradient, float* window) HWY_ATTR {
    for_each_vector(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto part = hn::Mul(hn::LoadU(d, gradient + c), hn::Set(d, share));
      for (std::size_t row = 0; row < size; ++row) {
        for (std::size_t column = 0; column < size; ++column) {
          float* place = window + row * dx.row_stride + column * channels + c;
          hn::StoreU(adds ? hn::Add(hn::LoadU(d, place), part) : part, d, place);
        }
      }
    });
  };
  for (std::size_t n = 0; n < dy.batch; ++n) {
    for (std::size_t h = 0; h < dy.height; ++h) {
      for (std::size_t w = 0; w < dy.width; ++w) {
        unpool_window(dy.row(n, h) + w * channels, geometry.window_pixel(dx, n, h, w, 0));
      }
    }
  }
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(forward);
HWY_EXPORT(backward);

}  // namespace

void avg_pool_forward(const Pool2dGeometry& geometry, ConstTensorView x, TensorView y) {
  HWY_DYNAMIC_DISPATCH(forward)(geometry, x, y);
}

void avg_pool_backward(const Pool2dGeometry& geometry, ConstTensorView dy, TensorView dx) {
  HWY_DYNAMIC_DISPATCH(backward)(geometry, dy, dx);
}

}  // namespace hermes::nn
#endif
