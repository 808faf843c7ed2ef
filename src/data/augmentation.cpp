#include "hermes/data/augmentation.hpp"

#include <algorithm>
#include <cstddef>

#include "hermes/core/assert.hpp"

namespace hermes::data {
namespace {

/// Pixel (y, x) becomes what was at (y + down, x + right); zero where that is outside.
void move_picture(std::span<float> picture, const FeatureShape& shape, std::ptrdiff_t down,
                  std::ptrdiff_t right) {
  const auto height = static_cast<std::ptrdiff_t>(shape.height);
  const auto line_size = static_cast<std::ptrdiff_t>(shape.width * shape.channels);
  const std::ptrdiff_t shift = right * static_cast<std::ptrdiff_t>(shape.channels);
  for (std::ptrdiff_t i = 0; i < height; ++i) {
    // In an order that reads each line before it is written over.
    const std::ptrdiff_t y = down >= 0 ? i : height - 1 - i;
    float* const line = picture.data() + y * line_size;
    if (y + down < 0 || y + down >= height) {
      std::fill_n(line, line_size, 0.0F);
      continue;
    }
    const float* const source = line + down * line_size;
    if (shift >= 0) {
      std::copy(source + shift, source + line_size, line);
      std::fill_n(line + line_size - shift, shift, 0.0F);
    } else {
      std::copy_backward(source, source + line_size + shift, line + line_size);
      std::fill_n(line, -shift, 0.0F);
    }
  }
}

void flip_picture(std::span<float> picture, const FeatureShape& shape) {
  const std::size_t channels = shape.channels;
  for (std::size_t y = 0; y < shape.height; ++y) {
    float* left = picture.data() + y * shape.width * channels;
    float* right = left + (shape.width - 1) * channels;
    for (; left < right; left += channels, right -= channels) {
      std::swap_ranges(left, left + channels, right);
    }
  }
}

}  // namespace

Augmenter::Augmenter(const Augmentation& augmentation, const FeatureShape& shape,
                     const RandomStream& stream)
    : augmentation_(augmentation), shape_(shape), stream_(stream) {
  HERMES_ASSERT(!shape.flat && augmentation.crop_padding < std::min(shape.height, shape.width),
                "augmentation: not for these rows");
}

void Augmenter::apply(std::span<float> pictures) {
  const std::size_t size = shape_.size();
  HERMES_ASSERT(pictures.size() % size == 0, "augmentation: a part of a picture");
  const auto padding = static_cast<std::ptrdiff_t>(augmentation_.crop_padding);
  const auto draw_move = [&] {
    return static_cast<std::ptrdiff_t>(
               stream_.below(2 * std::uint64_t{augmentation_.crop_padding} + 1)) -
           padding;
  };
  for (std::size_t first = 0; first < pictures.size(); first += size) {
    const std::span<float> picture = pictures.subspan(first, size);
    if (padding > 0) {
      const std::ptrdiff_t down = draw_move();
      const std::ptrdiff_t right = draw_move();
      move_picture(picture, shape_, down, right);
    }
    if (augmentation_.flip && stream_.below(2) == 1) {
      flip_picture(picture, shape_);
    }
  }
}

}  // namespace hermes::data
