#include "hermes/nn/layers/global_avg_pool.hpp"

#include <algorithm>

#include "../spec_check.hpp"
#include "nn/kernels/masked_sum.hpp"
#include "view_ops.hpp"

namespace hermes::nn {
namespace {

class GlobalAvgPool final : public Layer {
 public:
  explicit GlobalAvgPool(const Shape& input)
      : channels_(input.channels), share_(1.0F / static_cast<float>(input.height * input.width)) {}

  std::string_view name() const override { return "global_avg_pool"; }
  Shape output_shape() const override { return Shape::features(channels_); }

  void forward(const LayerContext& /*context*/, ConstTensorView x, TensorView y) const override {
    fill_zero(y);
    for (std::size_t n = 0; n < x.batch; ++n) {
      float* mean = y.row(n, 0);
      for (std::size_t h = 0; h < x.height; ++h) {
        add_masked_columns({x.width, channels_, x.row(n, h), channels_, nullptr, 0, nullptr, 0},
                           mean);
      }
      std::transform(mean, mean + channels_, mean, [this](float sum) { return share_ * sum; });
    }
  }

  void backward(const LayerContext& /*context*/, ConstTensorView /*x*/, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    for (std::size_t n = 0; n < dx.batch; ++n) {
      const float* gradient = dy.row(n, 0);
      for (std::size_t h = 0; h < dx.height; ++h) {
        for (std::size_t w = 0; w < dx.width; ++w) {
          std::transform(gradient, gradient + channels_, dx.row(n, h) + w * channels_,
                         [this](float value) { return share_ * value; });
        }
      }
    }
  }

 private:
  std::size_t channels_;
  float share_;  // of a pixel
};

}  // namespace

std::unique_ptr<Layer> make_layer(const GlobalAvgPoolSpec& /*spec*/, const Shape& input) {
  require_image(input);
  return std::make_unique<GlobalAvgPool>(input);
}

}  // namespace hermes::nn
