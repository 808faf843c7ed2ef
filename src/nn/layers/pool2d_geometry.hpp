#pragma once

#include <cstddef>
#include <optional>

#include "hermes/nn/tensor_view.hpp"

namespace hermes::nn {

/// The windows of a pooling layer: what max and average pooling share.
struct Pool2dGeometry {
  std::size_t size;
  std::size_t stride;
  Shape input;
  Shape output;

  /// The pixel (channels at a time) in row `i` / size, column `i` % size of an output's window.
  template <class T>
  T* window_pixel(const BasicTensorView<T>& x, std::size_t image, std::size_t row,
                  std::size_t column, std::size_t i) const {
    return x.row(image, row * stride + i / size) + (column * stride + i % size) * input.channels;
  }

  bool has_overlap() const { return stride < size; }
  /// Every pixel of the input is in exactly one window.
  bool is_partition() const {
    return stride == size && output.height * size == input.height &&
           output.width * size == input.width;
  }
};

/// Throws ConfigError where size or stride is out of range or no window fits into the image.
Pool2dGeometry make_pool2d_geometry(std::size_t size, std::optional<std::size_t> stride,
                                    const Shape& input);

}  // namespace hermes::nn
