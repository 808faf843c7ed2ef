#pragma once

#include <cstddef>
#include <type_traits>

#include "hermes/nn/shape.hpp"

namespace hermes::nn {

/// Zeros around an image, in pixels.
struct Halo {
  std::size_t top = 0;
  std::size_t bottom = 0;
  std::size_t left = 0;
  std::size_t right = 0;

  friend constexpr bool operator==(const Halo&, const Halo&) = default;
};

/// A batch of images in memory, batch x height x width x channels (NHWC): the channels of a pixel
/// and the pixels of a row are contiguous; rows and images may be further apart (strides in
/// floats), which is how a view shows the interior of a buffer with a halo. Plain features are
/// images of one row. Does not own its memory; `data` is null where there is nothing to compute.
template <class T>
struct BasicTensorView {
  T* data = nullptr;
  std::size_t batch = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
  std::size_t row_stride = 0;
  std::size_t image_stride = 0;

  /// A view without gaps.
  static BasicTensorView contiguous(T* data, std::size_t batch, const Shape& shape) {
    return with_halo(data, batch, shape, Halo{});
  }

  /// The interior of a buffer that starts with the upper left corner of the first image's halo.
  static BasicTensorView with_halo(T* buffer, std::size_t batch, const Shape& shape,
                                   const Halo& halo) {
    const std::size_t row = (halo.left + shape.width + halo.right) * shape.channels;
    const std::size_t image = (halo.top + shape.height + halo.bottom) * row;
    T* interior =
        buffer == nullptr ? nullptr : buffer + halo.top * row + halo.left * shape.channels;
    return {interior, batch, shape.height, shape.width, shape.channels, row, image};
  }

  bool empty() const { return data == nullptr; }
  std::size_t row_size() const { return width * channels; }
  std::size_t image_size() const { return height * width * channels; }
  bool is_contiguous() const {
    return row_stride == row_size() && image_stride == height * row_stride;
  }
  T* row(std::size_t image, std::size_t y) const {
    return data + image * image_stride + y * row_stride;
  }

  /// This view grown by a halo that its buffer has.
  BasicTensorView grown(const Halo& halo) const {
    return {data - halo.top * row_stride - halo.left * channels,
            batch,
            height + halo.top + halo.bottom,
            width + halo.left + halo.right,
            channels,
            row_stride,
            image_stride};
  }

  /// `count` images from `first` on.
  BasicTensorView images(std::size_t first, std::size_t count) const {
    BasicTensorView part = *this;
    part.data += first * image_stride;
    part.batch = count;
    return part;
  }

  operator BasicTensorView<const T>() const  // NOLINT(google-explicit-constructor)
      requires(!std::is_const_v<T>) {
    return {data, batch, height, width, channels, row_stride, image_stride};
  }
};

using TensorView = BasicTensorView<float>;
using ConstTensorView = BasicTensorView<const float>;

}  // namespace hermes::nn
