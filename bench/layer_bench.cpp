// Where the time of a training step goes:
//
//   layer_bench MODEL.toml BATCH [SECONDS [direct]]
//
// Runs the layers of a model file one after the other as Network does, with a clock between them
// (if the mini-batch is more than one slice, one slice), and prints for each the microseconds
// forward and backward (the fastest of all steps) and the GFLOP/s, which count the operations of
// direct convolution. With "direct", all convolutions use DirectConvolution, although another
// algorithm may be faster.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/random.hpp"
#include "hermes/nn/layer.hpp"
#include "hermes/runtime/model_file.hpp"
#include "nn/convolution/direct_convolution.hpp"
#include "nn/layer_stack.hpp"
#include "nn/slice_size.hpp"
#include "nn/workspace_layout.hpp"

namespace hermes::nn {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

/// A convolution layer with another algorithm inside.
class DirectLayer final : public Layer {
 public:
  DirectLayer(std::unique_ptr<Layer> layer, const Conv2dSpec& spec, const Shape& input)
      : layer_(std::move(layer)),
        geometry_{input, layer_->output_shape(), spec.kernel, spec.stride, layer_->input_padding()},
        convolution_(std::make_unique<DirectConvolution>(geometry_)) {}

  std::string_view name() const override { return layer_->name(); }
  Shape output_shape() const override { return layer_->output_shape(); }
  Halo input_padding() const override { return convolution_->input_padding(); }
  bool backward_needs_output() const override { return layer_->backward_needs_output(); }
  LayerFlops flops() const override { return layer_->flops(); }
  std::size_t scratch_size(std::size_t batch) const override {
    return convolution_->scratch_size(batch);
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    convolution_->forward(weights(context), x, y, backward_needs_output(), context.scratch);
  }
  void backward(const LayerContext& context, ConstTensorView x, ConstTensorView y,
                ConstTensorView dy, TensorView dx) const override {
    float* gradients = context.gradients.data();
    convolution_->backward(weights(context), x, backward_needs_output() ? y : ConstTensorView{}, dy,
                           {gradients, gradients + geometry_.weight_count()}, dx, context.scratch);
  }

 private:
  ConvolutionWeights weights(const LayerContext& context) const {
    const float* parameters = context.parameters.data();
    return {parameters, parameters + geometry_.weight_count()};
  }

  std::unique_ptr<Layer> layer_;
  ConvolutionGeometry geometry_;
  std::unique_ptr<Convolution> convolution_;
};

/// The layers of a network with its memory, run one by one.
class Profile {
 public:
  Profile(const NetworkSpec& spec, std::size_t batch, bool direct) : stack_(build_layers(spec)) {
    for (std::size_t i = 0; i < stack_.layers.size(); ++i) {
      const auto* convolution = std::get_if<Conv2dSpec>(&spec.layers[i]);
      StackedLayer& stacked = stack_.layers[i];
      if (direct && convolution != nullptr) {
        stacked.layer =
            std::make_unique<DirectLayer>(std::move(stacked.layer), *convolution, stacked.input);
      }
    }
    batch_ = std::min(batch, choose_slice_size(stack_));
    layout_ = plan_workspace(stack_, batch_);
    parameters_.resize(stack_.parameter_count);
    gradients_.resize(stack_.parameter_count);
    activations_.resize(layout_.activation_floats);
    saved_.resize(layout_.saved_bytes);
    scratch_.resize(layout_.scratch_floats);
    for (AlignedVector<float>& buffer : activation_gradients_) {
      buffer.resize(layout_.gradient_floats);
    }
    samples_.resize(batch_ * stack_.layers[0].input.size());
    for (AlignedVector<float>* values : {&parameters_, &samples_}) {
      std::ranges::generate(*values, [&] { return 0.05F * static_cast<float>(random_.normal()); });
    }
    forward_.assign(stack_.layers.size(), std::numeric_limits<double>::infinity());
    backward_ = forward_;
  }

  void step() {
    if (!layout_.activations[0].external) {
      const TensorView first = activation(0);
      for (std::size_t n = 0; n < batch_; ++n) {
        for (std::size_t h = 0; h < first.height; ++h) {
          std::copy_n(&samples_[(n * first.height + h) * first.row_size()], first.row_size(),
                      first.row(n, h));
        }
      }
    }
    for (std::size_t i = 0; i < stack_.layers.size(); ++i) {
      const auto begin = Clock::now();
      stack_.layers[i].layer->forward(context(i), activation(i), activation(i + 1));
      keep_fastest(forward_[i], begin);
    }
    const TensorView outputs = activation(stack_.layers.size());
    TensorView dy = TensorView::contiguous(activation_gradients_[0].data(), batch_,
                                           layout_.activations.back().shape);
    std::copy_n(outputs.data, batch_ * outputs.image_size(), dy.data);
    for (std::size_t i = stack_.layers.size(); i-- > stack_.first_trainable;) {
      const TensorView dx = i > stack_.first_trainable ? input_gradient(i, dy) : TensorView{};
      const auto begin = Clock::now();
      stack_.layers[i].layer->backward(context(i), activation(i), activation(i + 1), dy, dx);
      keep_fastest(backward_[i], begin);
      dy = dx;
    }
  }

  void print() const {
    double total_us = 0.0;
    double total_flops = 0.0;
    std::printf("%-12s %12s %12s %10s\n", "layer", "forward us", "backward us", "GFLOP/s");
    for (std::size_t i = 0; i < stack_.layers.size(); ++i) {
      const LayerFlops flops = stack_.layers[i].layer->flops();
      const bool runs_backward = i >= stack_.first_trainable;
      const double us = forward_[i] + (runs_backward ? backward_[i] : 0.0);
      const std::uint64_t per_sample = flops.forward + flops.parameter_gradient +
                                       (i > stack_.first_trainable ? flops.input_gradient : 0);
      const double count = static_cast<double>(per_sample * batch_);
      total_us += us;
      total_flops += count;
      std::printf("%-12s %12.1f %12.1f %10.1f\n", stack_.layers[i].type.c_str(), forward_[i],
                  us - forward_[i], 1e-3 * count / us);
    }
    std::printf("%-12s %12.1f us %21.1f %9.0f samples/s\n", "all", total_us,
                1e-3 * total_flops / total_us, 1e6 * static_cast<double>(batch_) / total_us);
  }

 private:
  static void keep_fastest(double& fastest, Clock::time_point begin) {
    fastest = std::min(fastest, Microseconds(Clock::now() - begin).count());
  }

  LayerContext context(std::size_t index) {
    const StackedLayer& stacked = stack_.layers[index];
    return {Mode::Training,
            std::span<const float>(parameters_)
                .subspan(stacked.parameter_offset, stacked.parameter_count),
            std::span<float>(gradients_).subspan(stacked.parameter_offset, stacked.parameter_count),
            scratch_,
            std::span<std::byte>(saved_).subspan(layout_.saved_offsets[index]),
            random_};
  }

  TensorView activation(std::size_t index) {
    const ActivationSlot& slot = layout_.activations[index];
    return slot.external ? TensorView::contiguous(samples_.data(), batch_, slot.shape)
                         : TensorView::with_halo(activations_.data() + slot.offset, batch_,
                                                 slot.shape, slot.halo);
  }

  TensorView input_gradient(std::size_t index, const TensorView& dy) {
    const StackedLayer& stacked = stack_.layers[index];
    switch (stacked.layer->output_storage()) {
      case OutputStorage::InPlace:
        return dy;
      case OutputStorage::View:
        return TensorView::contiguous(dy.data, batch_, stacked.input);
      case OutputStorage::Own:
        break;
    }
    next_gradient_ = 1 - next_gradient_;
    return TensorView::with_halo(activation_gradients_[next_gradient_].data(), batch_,
                                 stacked.input, stacked.layer->input_padding());
  }

  std::size_t batch_ = 0;
  LayerStack stack_;
  WorkspaceLayout layout_;
  AlignedVector<float> parameters_;
  AlignedVector<float> gradients_;
  AlignedVector<float> activations_;
  AlignedVector<std::byte> saved_;
  AlignedVector<float> scratch_;
  std::array<AlignedVector<float>, 2> activation_gradients_;
  std::size_t next_gradient_ = 0;
  AlignedVector<float> samples_;
  RandomStream random_{1, RandomPurpose::Test};
  std::vector<double> forward_;  // microseconds
  std::vector<double> backward_;
};

int run(std::span<char*> arguments) {
  if (arguments.size() < 3 || arguments.size() > 5 || std::atoi(arguments[2]) < 1) {
    throw ConfigError("expected MODEL.toml BATCH [SECONDS [direct]]");
  }
  const std::chrono::duration<double> duration(arguments.size() > 3 ? std::atof(arguments[3])
                                                                    : 1.0);
  const bool direct = arguments.size() > 4 && std::string_view(arguments[4]) == "direct";
  Profile profile(runtime::load_model_file(arguments[1]),
                  static_cast<std::size_t>(std::atoi(arguments[2])), direct);
  const auto end = Clock::now() + duration;
  do {
    profile.step();
  } while (Clock::now() < end);
  profile.print();
  return 0;
}

}  // namespace
}  // namespace hermes::nn

int main(int argc, char** argv) {
  try {
    return hermes::nn::run({argv, static_cast<std::size_t>(argc)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "layer_bench: %s\n", error.what());
    return 2;
  }
}
