#include "hermes/nn/layers/avg_pool2d.hpp"

#include "pool2d_geometry.hpp"
#include "view_ops.hpp"

namespace hermes::nn {
namespace {

class AvgPool2d final : public Layer {
 public:
  explicit AvgPool2d(const Pool2dGeometry& geometry)
      : geometry_(geometry),
        channels_(geometry.input.channels),
        window_(geometry.size * geometry.size),
        share_(1.0F / static_cast<float>(window_)) {}

  std::string_view name() const override { return "avg_pool2d"; }
  Shape output_shape() const override { return geometry_.output; }

  void forward(const LayerContext& /*context*/, ConstTensorView x, TensorView y) const override {
    fill_zero(y);
    for_each_window(y, [&](float* mean, std::size_t n, std::size_t h, std::size_t w) {
      for (std::size_t i = 0; i < window_; ++i) {
        const float* pixel = geometry_.window_pixel(x, n, h, w, i);
        for (std::size_t c = 0; c < channels_; ++c) {
          mean[c] += share_ * pixel[c];
        }
      }
    });
  }

  void backward(const LayerContext& /*context*/, ConstTensorView /*x*/, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    fill_zero(dx);
    for_each_window(dy, [&](const float* gradient, std::size_t n, std::size_t h, std::size_t w) {
      for (std::size_t i = 0; i < window_; ++i) {
        float* pixel = geometry_.window_pixel(dx, n, h, w, i);
        for (std::size_t c = 0; c < channels_; ++c) {
          pixel[c] += share_ * gradient[c];
        }
      }
    });
  }

 private:
  template <class T, class F>
  void for_each_window(const BasicTensorView<T>& outputs, F&& f) const {
    for (std::size_t n = 0; n < outputs.batch; ++n) {
      for (std::size_t h = 0; h < outputs.height; ++h) {
        for (std::size_t w = 0; w < outputs.width; ++w) {
          f(outputs.row(n, h) + w * channels_, n, h, w);
        }
      }
    }
  }

  Pool2dGeometry geometry_;
  std::size_t channels_;
  std::size_t window_;
  float share_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const AvgPool2dSpec& spec, const Shape& input) {
  return std::make_unique<AvgPool2d>(make_pool2d_geometry(spec.size, spec.stride, input));
}

}  // namespace hermes::nn
