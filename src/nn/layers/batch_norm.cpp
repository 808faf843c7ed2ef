#include "hermes/nn/layers/batch_norm.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "../spec_check.hpp"
#include "nn/kernels/batch_norm.hpp"

namespace hermes::nn {
namespace {

class BatchNorm final : public Layer {
 public:
  BatchNorm(const Shape& shape, const BatchNormSpec& spec)
      : shape_(shape),
        // The values of a plain feature are one per sample; those of an image are its pixels.
        channels_(shape.flat ? shape.size() : shape.channels),
        pixels_(shape.size() / channels_),
        momentum_(spec.momentum),
        epsilon_(spec.epsilon) {}

  std::string_view name() const override { return "batch_norm"; }
  Shape output_shape() const override { return shape_; }
  bool fuse_relu_of_output() override { return relu_ = true; }
  bool ties_samples() const override { return true; }
  std::size_t minibatch_min() const override { return pixels_ == 1 ? 2 : 1; }

  std::vector<ParameterTensor> parameters() const override {
    return {tensor("weight", 0, 1.0F), tensor("bias", 1, 0.0F)};
  }
  std::vector<ParameterTensor> statistics() const override {
    return {tensor("running_mean", 0, 0.0F), tensor("running_var", 1, 1.0F)};
  }
  std::size_t scratch_size(std::size_t /*batch*/) const override { return 3 * channels_; }
  std::size_t saved_bytes(std::size_t /*batch*/) const override {
    return 2 * channels_ * (sizeof(double) + sizeof(float));
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    const Saved saved(context, channels_);
    x = by_channel(x);
    if (context.mode == Mode::Training && has_spread(x)) {
      sum_moments(x, x.data, sums(context, saved));
      learn(context, saved, x);
    } else {
      const float* running_mean = context.statistics.data();
      std::copy_n(running_mean, channels_, saved.mean);
      for (std::size_t c = 0; c < channels_; ++c) {
        saved.inverse[c] = inverse_deviation(running_mean[channels_ + c]);
      }
    }
    scale_channels(x, scale(context, saved), by_channel(y));
  }

  void backward(const LayerContext& context, ConstTensorView x, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    const Saved saved(context, channels_);
    x = by_channel(x);
    dy = by_channel(dy);
    const ChannelScale forward_scale = scale(context, saved);
    sum_gradients(x, dy, forward_scale,
                  {saved.first, saved.second, context.scratch.data() + channels_});
    float* of_x = context.scratch.data() + channels_;
    float* rest = of_x + channels_;
    const double share = has_spread(x) ? 1.0 / values_per_channel(x) : 0.0;
    for (std::size_t c = 0; c < channels_; ++c) {
      const auto inverse = static_cast<double>(saved.inverse[c]);
      const double of_weight = saved.second[c] * inverse;
      float& weight = context.gradients[c];
      float& bias = context.gradients[channels_ + c];
      weight = static_cast<float>(of_weight) + (context.accumulates ? weight : 0.0F);
      bias = static_cast<float>(saved.first[c]) + (context.accumulates ? bias : 0.0F);
      const double factor = static_cast<double>(forward_scale.factor[c]);
      of_x[c] = static_cast<float>(-factor * inverse * of_weight * share);
      rest[c] = static_cast<float>(-factor * saved.first[c] * share);
    }
    if (!dx.empty()) {
      scale_gradients(x, dy, forward_scale, of_x, rest, by_channel(dx));
    }
  }

 private:
  /// Kept from forward to backward.
  struct Saved {
    Saved(const LayerContext& context, std::size_t channels)
        : first(reinterpret_cast<double*>(context.saved.data())),
          second(first + channels),
          mean(reinterpret_cast<float*>(second + channels)),
          inverse(mean + channels) {}

    double* first;
    double* second;
    float* mean;
    float* inverse;  // of the deviation
  };

  ParameterTensor tensor(const char* name, std::size_t place, float start) const {
    ParameterTensor tensor{name, {channels_}};
    // Files have the features of a flattened image channels first.
    const bool flat = shape_.flat;
    tensor.extents =
        flat ? std::array<std::size_t, 4>{shape_.channels, shape_.height, shape_.width, 1}
             : std::array<std::size_t, 4>{channels_, 1, 1, 1};
    tensor.strides = {1, shape_.width * shape_.channels, shape_.channels, 0};
    tensor.offset = place * channels_;
    tensor.start = start;
    return tensor;
  }

  /// Plain features as images of one pixel.
  template <class T>
  BasicTensorView<T> by_channel(BasicTensorView<T> view) const {
    if (shape_.flat) {
      return BasicTensorView<T>::contiguous(view.data, view.batch, Shape::image(channels_, 1, 1));
    }
    return view;
  }

  double values_per_channel(const ConstTensorView& x) const {
    return static_cast<double>(x.batch * pixels_);
  }
  bool has_spread(const ConstTensorView& x) const { return x.batch * pixels_ > 1; }

  float inverse_deviation(double variance) const {
    return static_cast<float>(1.0 / std::sqrt(std::max(variance, 0.0) + epsilon_));
  }

  ChannelSums sums(const LayerContext& context, const Saved& saved) const {
    return {saved.first, saved.second, context.scratch.data()};
  }

  /// Mean and variance of the mini-batch, and the running ones.
  void learn(const LayerContext& context, const Saved& saved, const ConstTensorView& x) const {
    const double count = values_per_channel(x);
    float* running_mean = context.statistics.data();
    float* running_variance = running_mean + channels_;
    for (std::size_t c = 0; c < channels_; ++c) {
      const double shift = saved.first[c] / count;
      const double mean = static_cast<double>(x.data[c]) + shift;
      const double variance = saved.second[c] / count - shift * shift;
      saved.mean[c] = static_cast<float>(mean);
      saved.inverse[c] = inverse_deviation(variance);
      const double unbiased = std::max(variance, 0.0) * count / (count - 1.0);
      running_mean[c] = moved(running_mean[c], mean);
      running_variance[c] = moved(running_variance[c], unbiased);
    }
  }

  float moved(float running, double newest) const {
    return static_cast<float>((1.0 - momentum_) * static_cast<double>(running) +
                              momentum_ * newest);
  }

  /// Writes the factors into the first part of the scratch.
  ChannelScale scale(const LayerContext& context, const Saved& saved) const {
    float* factor = context.scratch.data();
    const float* weight = context.parameters.data();
    std::transform(weight, weight + channels_, saved.inverse, factor, std::multiplies<>());
    return {saved.mean, factor, weight + channels_, relu_};
  }

  Shape shape_;
  std::size_t channels_;
  std::size_t pixels_;  // per sample and channel
  double momentum_;
  double epsilon_;
  bool relu_ = false;  // of the output, fused
};

}  // namespace

std::unique_ptr<Layer> make_layer(const BatchNormSpec& spec, const Shape& input) {
  require_positive("momentum", spec.momentum);
  require_in_closed("momentum", spec.momentum, 0.0, 1.0);
  require_positive("epsilon", spec.epsilon);
  return std::make_unique<BatchNorm>(input, spec);
}

}  // namespace hermes::nn
