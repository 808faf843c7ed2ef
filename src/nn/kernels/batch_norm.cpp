#include "nn/kernels/batch_norm.hpp"

#include <algorithm>
#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/batch_norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "core/vector_loop-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace hermes::nn::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using hermes::HWY_NAMESPACE::for_each_vector;

// Pixels whose channels all stay in the first-level cache while one vector of channels after the
// other goes over them.
constexpr std::size_t kRunFloats = 2048;
// So many pixels, or one run, are summed in single precision, in two or four sums beside each
// other.
constexpr std::size_t kSumPixels = 128;

template <class View>
bool is_gapless(const View& view) {
  return view.row_stride == view.row_size();
}

/// Calls f(pixels, place in the first view, place in the second, ...) for runs of pixels.
template <class F, class First, class... Others>
HWY_INLINE void for_each_run(const F& f, const First& first, const Others&... others) {
  const bool whole_images = is_gapless(first) && (is_gapless(others) && ...);
  const std::size_t rows = whole_images ? first.height : 1;
  const std::size_t pixels = rows * first.width;
  const std::size_t most = std::max<std::size_t>(kRunFloats / first.channels, 4);
  for (std::size_t n = 0; n < first.batch; ++n) {
    for (std::size_t h = 0; h < first.height; h += rows) {
      for (std::size_t i = 0; i < pixels; i += most) {
        const std::size_t place = i * first.channels;
        f(std::min(most, pixels - i), first.row(n, h) + place, (others.row(n, h) + place)...);
      }
    }
  }
}

/// Adds the parts of sums up in double precision, every now and then.
class Parts {
 public:
  Parts(const ChannelSums& sums, std::size_t channels) : sums_(sums), channels_(channels) {
    std::fill_n(sums_.first, channels, 0.0);
    std::fill_n(sums_.second, channels, 0.0);
    std::fill_n(sums_.partial, 2 * channels, 0.0F);
  }

  float* first() { return sums_.partial; }
  float* second() { return sums_.partial + channels_; }

  void count(std::size_t pixels) {
    pixels_ += pixels;
    if (pixels_ >= kSumPixels) {
      flush();
    }
  }

  void flush() {
    pixels_ = 0;
    for (std::size_t c = 0; c < channels_; ++c) {
      sums_.first[c] += static_cast<double>(first()[c]);
      sums_.second[c] += static_cast<double>(second()[c]);
    }
    std::fill_n(sums_.partial, 2 * channels_, 0.0F);
  }

 private:
  ChannelSums sums_;
  std::size_t channels_;
  std::size_t pixels_ = 0;
};

template <class D, class V>
HWY_INLINE void add_to(D d, float* place, V value) {
  hn::StoreU(hn::Add(hn::LoadU(d, place), value), d, place);
}

void moments(const ConstTensorView& x, const float* pivot, const ChannelSums& sums) {
  const std::size_t channels = x.channels;
  Parts parts(sums, channels);
  float* first = parts.first();
  float* second = parts.second();
  const auto sum_run = [&](std::size_t pixels, const float* run) HWY_ATTR {
    for_each_vector(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto middle = hn::LoadU(d, pivot + c);
      const float* from = run + c;
      auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
      auto q0 = s0, q1 = s0, q2 = s0, q3 = s0;
      std::size_t i = 0;
      for (; i + 4 <= pixels; i += 4, from += 4 * channels) {
        const auto v0 = hn::Sub(hn::LoadU(d, from), middle);
        const auto v1 = hn::Sub(hn::LoadU(d, from + channels), middle);
        const auto v2 = hn::Sub(hn::LoadU(d, from + 2 * channels), middle);
        const auto v3 = hn::Sub(hn::LoadU(d, from + 3 * channels), middle);
        s0 = hn::Add(s0, v0);
        s1 = hn::Add(s1, v1);
        s2 = hn::Add(s2, v2);
        s3 = hn::Add(s3, v3);
        q0 = hn::MulAdd(v0, v0, q0);
        q1 = hn::MulAdd(v1, v1, q1);
        q2 = hn::MulAdd(v2, v2, q2);
        q3 = hn::MulAdd(v3, v3, q3);
      }
      for (; i < pixels; ++i, from += channels) {
        const auto v = hn::Sub(hn::LoadU(d, from), middle);
        s0 = hn::Add(s0, v);
        q0 = hn::MulAdd(v, v, q0);
      }
      add_to(d, first + c, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)));
      add_to(d, second + c, hn::Add(hn::Add(q0, q1), hn::Add(q2, q3)));
    });
    parts.count(pixels);
  };
  for_each_run(sum_run, x);
  parts.flush();
}

void scale(const ConstTensorView& x, const ChannelScale& scale, const TensorView& y) {
  const std::size_t channels = x.channels;
  const bool relu = scale.relu;
  const auto scale_run = [&](std::size_t pixels, const float* run, float* out) HWY_ATTR {
    for_each_vector(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const auto mean = hn::LoadU(d, scale.mean + c);
      const auto factor = hn::LoadU(d, scale.factor + c);
      const auto bias = hn::LoadU(d, scale.bias + c);
      const auto zero = hn::Zero(d);
      const float* from = run + c;
      float* to = out + c;
      for (std::size_t i = 0; i < pixels; ++i, from += channels, to += channels) {
        auto value = hn::MulAdd(hn::Sub(hn::LoadU(d, from), mean), factor, bias);
        if (relu) {
          value = hn::IfThenZeroElse(hn::Lt(value, zero), value);
        }
        hn::StoreU(value, d, to);
      }
    });
  };
  for_each_run(scale_run, x, y);
}

/// A vector of dy where the ReLU lets it through, and x - mean.
template <class D, class V>
struct GradientReader {
  D d;
  V mean;
  V factor;
  V bias;
  bool relu;

  GradientReader(D tag, const ChannelScale& scale, std::size_t c)
      : d(tag),
        mean(hn::LoadU(tag, scale.mean + c)),
        factor(hn::LoadU(tag, scale.factor + c)),
        bias(hn::LoadU(tag, scale.bias + c)),
        relu(scale.relu) {}

  HWY_INLINE V distance(const float* x) const { return hn::Sub(hn::LoadU(d, x), mean); }
  HWY_INLINE V gradient(const float* dy, V distance) const {
    const V all = hn::LoadU(d, dy);
    if (!relu) {
      return all;
    }
    return hn::IfThenElseZero(hn::Gt(hn::MulAdd(distance, factor, bias), hn::Zero(d)), all);
  }
};

template <class D>
using ReaderFor = GradientReader<D, hn::Vec<D>>;

void gradient_sums(const ConstTensorView& x, const ConstTensorView& dy, const ChannelScale& scale,
                   const ChannelSums& sums) {
  const std::size_t channels = x.channels;
  Parts parts(sums, channels);
  float* first = parts.first();
  float* second = parts.second();
  const auto sum_run = [&](std::size_t pixels, const float* x_run, const float* dy_run) HWY_ATTR {
    for_each_vector(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const ReaderFor<decltype(d)> reader(d, scale, c);
      const float* from = x_run + c;
      const float* gradient = dy_run + c;
      auto s0 = hn::Zero(d), s1 = s0, q0 = s0, q1 = s0;
      std::size_t i = 0;
      for (; i + 2 <= pixels; i += 2, from += 2 * channels, gradient += 2 * channels) {
        const auto v0 = reader.distance(from);
        const auto v1 = reader.distance(from + channels);
        const auto g0 = reader.gradient(gradient, v0);
        const auto g1 = reader.gradient(gradient + channels, v1);
        s0 = hn::Add(s0, g0);
        s1 = hn::Add(s1, g1);
        q0 = hn::MulAdd(g0, v0, q0);
        q1 = hn::MulAdd(g1, v1, q1);
      }
      for (; i < pixels; ++i, from += channels, gradient += channels) {
        const auto v = reader.distance(from);
        const auto g = reader.gradient(gradient, v);
        s0 = hn::Add(s0, g);
        q0 = hn::MulAdd(g, v, q0);
      }
      add_to(d, first + c, hn::Add(s0, s1));
      add_to(d, second + c, hn::Add(q0, q1));
    });
    parts.count(pixels);
  };
  for_each_run(sum_run, x, dy);
  parts.flush();
}

void gradients(const ConstTensorView& x, const ConstTensorView& dy, const ChannelScale& scale,
               const float* of_x, const float* rest, const TensorView& dx) {
  const std::size_t channels = x.channels;
  const auto scale_run = [&](std::size_t pixels, const float* x_run, const float* dy_run,
                             float* out) HWY_ATTR {
    for_each_vector(channels, [&](auto d, std::size_t c) HWY_ATTR {
      const ReaderFor<decltype(d)> reader(d, scale, c);
      const auto slope = hn::LoadU(d, of_x + c);
      const auto constant = hn::LoadU(d, rest + c);
      const float* from = x_run + c;
      const float* gradient = dy_run + c;
      float* to = out + c;
      for (std::size_t i = 0; i < pixels; ++i) {
        const auto v = reader.distance(from);
        const auto g = reader.gradient(gradient, v);
        hn::StoreU(hn::MulAdd(reader.factor, g, hn::MulAdd(slope, v, constant)), d, to);
        from += channels;
        gradient += channels;
        to += channels;
      }
    });
  };
  for_each_run(scale_run, x, dy, dx);
}

}  // namespace
}  // namespace hermes::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::nn {
namespace {

HWY_EXPORT(moments);
HWY_EXPORT(scale);
HWY_EXPORT(gradient_sums);
HWY_EXPORT(gradients);

}  // namespace

void sum_moments(ConstTensorView x, const float* pivot, const ChannelSums& sums) {
  HWY_DYNAMIC_DISPATCH(moments)(x, pivot, sums);
}

void scale_channels(ConstTensorView x, const ChannelScale& by, TensorView y) {
  HWY_DYNAMIC_DISPATCH(scale)(x, by, y);
}

void sum_gradients(ConstTensorView x, ConstTensorView dy, const ChannelScale& by,
                   const ChannelSums& sums) {
  HWY_DYNAMIC_DISPATCH(gradient_sums)(x, dy, by, sums);
}

void scale_gradients(ConstTensorView x, ConstTensorView dy, const ChannelScale& by,
                     const float* of_x, const float* rest, TensorView dx) {
  HWY_DYNAMIC_DISPATCH(gradients)(x, dy, by, of_x, rest, dx);
}

}  // namespace hermes::nn
#endif
