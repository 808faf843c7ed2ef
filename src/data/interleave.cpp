#include "data/interleave.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "data/interleave.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::data::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// From position `first` on, one number at a time.
template <class T>
void interleave_rest(const T* in, std::size_t channels, std::size_t positions, std::size_t first,
                     T* out) {
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t i = first; i < positions; ++i) {
      out[i * channels + channel] = in[channel * positions + i];
    }
  }
}

/// The numbers of channels that images have; others are rare and go one number at a time.
template <class T>
void interleave_row(const T* in, std::size_t channels, std::size_t positions, T* out) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t whole = positions / lanes * lanes;
  const T* second = in + positions;
  const T* third = second + positions;
  switch (channels) {
    case 2:
      for (std::size_t i = 0; i < whole; i += lanes) {
        hn::StoreInterleaved2(hn::LoadU(d, in + i), hn::LoadU(d, second + i), d, out + 2 * i);
      }
      break;
    case 3:
      for (std::size_t i = 0; i < whole; i += lanes) {
        hn::StoreInterleaved3(hn::LoadU(d, in + i), hn::LoadU(d, second + i),
                              hn::LoadU(d, third + i), d, out + 3 * i);
      }
      break;
    case 4:
      for (std::size_t i = 0; i < whole; i += lanes) {
        hn::StoreInterleaved4(hn::LoadU(d, in + i), hn::LoadU(d, second + i),
                              hn::LoadU(d, third + i), hn::LoadU(d, third + positions + i), d,
                              out + 4 * i);
      }
      break;
    default:
      interleave_rest(in, channels, positions, 0, out);
      return;
  }
  interleave_rest(in, channels, positions, whole, out);
}

void interleave_bytes(const std::uint8_t* in, std::size_t channels, std::size_t positions,
                      std::uint8_t* out) {
  interleave_row(in, channels, positions, out);
}

void interleave_floats(const float* in, std::size_t channels, std::size_t positions, float* out) {
  interleave_row(in, channels, positions, out);
}

}  // namespace
}  // namespace hermes::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::data {
namespace {

HWY_EXPORT(interleave_bytes);
HWY_EXPORT(interleave_floats);

}  // namespace

void interleave(const std::uint8_t* in, std::size_t channels, std::size_t positions,
                std::uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(interleave_bytes)(in, channels, positions, out);
}

void interleave(const float* in, std::size_t channels, std::size_t positions, float* out) {
  HWY_DYNAMIC_DISPATCH(interleave_floats)(in, channels, positions, out);
}

}  // namespace hermes::data
#endif
