#include "hermes/nn/layers/max_pool2d.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "pool2d_geometry.hpp"
#include "view_ops.hpp"

namespace hermes::nn {
namespace {

/// Where in its window the maximum of an output was found.
using Winner = std::uint16_t;

class MaxPool2d final : public Layer {
 public:
  explicit MaxPool2d(const Pool2dGeometry& geometry)
      : geometry_(geometry), channels_(geometry.input.channels) {
    for (std::size_t i = 0; i < geometry.size * geometry.size; ++i) {
      places_.push_back({i / geometry.size, i % geometry.size});
    }
  }

  std::string_view name() const override { return "max_pool2d"; }
  Shape output_shape() const override { return geometry_.output; }
  std::size_t saved_bytes(std::size_t batch) const override {
    return batch * geometry_.output.size() * sizeof(Winner);
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    Winner* winners = reinterpret_cast<Winner*>(context.saved.data());
    for (std::size_t n = 0; n < y.batch; ++n) {
      for (std::size_t h = 0; h < y.height; ++h) {
        for (std::size_t w = 0; w < y.width; ++w) {
          pool_window(x, n, h, w, y.row(n, h) + w * channels_, winners);
          winners += channels_;
        }
      }
    }
  }

  void backward(const LayerContext& context, ConstTensorView /*x*/, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    fill_zero(dx);
    const Winner* winners = reinterpret_cast<const Winner*>(context.saved.data());
    for (std::size_t n = 0; n < dy.batch; ++n) {
      for (std::size_t h = 0; h < dy.height; ++h) {
        for (std::size_t w = 0; w < dy.width; ++w) {
          unpool_window(dy.row(n, h) + w * channels_, winners, dx, n, h, w);
          winners += channels_;
        }
      }
    }
  }

 private:
  void pool_window(const ConstTensorView& x, std::size_t n, std::size_t h, std::size_t w,
                   float* best, Winner* winners) const {
    std::copy_n(geometry_.window_pixel(x, n, h, w, 0), channels_, best);
    std::fill_n(winners, channels_, Winner{0});
    for (std::size_t i = 1; i < geometry_.size * geometry_.size; ++i) {
      const float* pixel = geometry_.window_pixel(x, n, h, w, i);
      for (std::size_t c = 0; c < channels_; ++c) {
        // A strict comparison keeps the first of equals; a NaN wins and stays, as in PyTorch.
        const bool wins = (pixel[c] > best[c]) | (pixel[c] != pixel[c]);
        best[c] = wins ? pixel[c] : best[c];
        winners[c] = wins ? static_cast<Winner>(i) : winners[c];
      }
    }
  }

  void unpool_window(const float* gradient, const Winner* winners, const TensorView& dx,
                     std::size_t n, std::size_t h, std::size_t w) const {
    float* window = geometry_.window_pixel(dx, n, h, w, 0);
    for (std::size_t c = 0; c < channels_; ++c) {
      const auto [row, column] = places_[winners[c]];
      window[row * dx.row_stride + column * channels_ + c] += gradient[c];
    }
  }

  struct Place {
    std::size_t row;
    std::size_t column;
  };

  Pool2dGeometry geometry_;
  std::size_t channels_;
  std::vector<Place> places_;  // of each winner in its window: cheaper than dividing
};

}  // namespace

std::unique_ptr<Layer> make_layer(const MaxPool2dSpec& spec, const Shape& input) {
  return std::make_unique<MaxPool2d>(make_pool2d_geometry(spec.size, spec.stride, input));
}

}  // namespace hermes::nn
