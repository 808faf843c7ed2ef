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
#include "nn/layer_runner.hpp"
#include "nn/slice_size.hpp"

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

/// In the order of the stack.
void find_convolutions(const std::vector<LayerSpec>& layers, std::vector<Conv2dSpec>& found) {
  for (const LayerSpec& layer : layers) {
    if (const auto* convolution = std::get_if<Conv2dSpec>(&layer)) {
      found.push_back(*convolution);
    } else if (const auto* block = std::get_if<ResidualSpec>(&layer)) {
      find_convolutions(block->body, found);
      find_convolutions(block->shortcut, found);
    }
  }
}

/// The stack of a network, with DirectConvolution in all its convolutions if `direct`.
LayerStack make_stack(const NetworkSpec& spec, bool direct) {
  LayerStack stack = build_layers(spec);
  std::vector<Conv2dSpec> convolutions;
  find_convolutions(spec.layers, convolutions);
  auto convolution = convolutions.begin();
  for (StackedLayer& stacked : stack.layers) {
    if (direct && stacked.type == Conv2dSpec::kType) {
      stacked.layer =
          std::make_unique<DirectLayer>(std::move(stacked.layer), *convolution++, stacked.input);
    }
  }
  return stack;
}

/// The layers of a network with its memory, run one by one.
class Profile {
 public:
  Profile(const NetworkSpec& spec, std::size_t batch, bool direct)
      : runner_(make_stack(spec, direct), 1), batch_(batch) {
    batch_ = std::min(batch, choose_slice_size(runner_.stack()));
    runner_.reserve(batch_);
    RandomStream random(1, RandomPurpose::Test);
    samples_.resize(batch_ * spec.input.size());
    for (AlignedVector<float>* values : {&runner_.parameters, &samples_}) {
      std::ranges::generate(*values, [&] { return 0.05F * static_cast<float>(random.normal()); });
    }
    output_gradient_.resize(batch_ * runner_.layout().activations.back().shape.size());
    forward_.assign(layer_count(), std::numeric_limits<double>::infinity());
    backward_ = forward_;
  }

  void step() {
    runner_.start_forward(samples_.data(), batch_);
    for (std::size_t i = 0; i < layer_count(); ++i) {
      const auto begin = Clock::now();
      runner_.forward(i, Mode::Training);
      keep_fastest(forward_[i], begin);
    }
    std::copy_n(runner_.output().data, output_gradient_.size(), output_gradient_.begin());
    runner_.start_backward(output_gradient_);
    for (std::size_t i = layer_count(); i-- > 0;) {
      const auto begin = Clock::now();
      runner_.backward(i, false);
      keep_fastest(backward_[i], begin);
    }
  }

  void print() const {
    double total_us = 0.0;
    double total_flops = 0.0;
    std::printf("%-12s %12s %12s %10s\n", "layer", "forward us", "backward us", "GFLOP/s");
    for (std::size_t i = 0; i < layer_count(); ++i) {
      const StackedLayer& stacked = runner_.stack().layers[i];
      const LayerFlops flops = stacked.layer->flops();
      const double us = forward_[i] + backward_[i];
      const std::uint64_t input_gradient =
          runner_.stack().wants_input_gradient(stacked) ? flops.input_gradient : 0;
      const std::uint64_t per_sample = flops.forward + flops.parameter_gradient + input_gradient;
      const double count = static_cast<double>(per_sample * batch_);
      total_us += us;
      total_flops += count;
      std::printf("%-12s %12.1f %12.1f %10.1f\n", stacked.type.c_str(), forward_[i],
                  us - forward_[i], 1e-3 * count / us);
    }
    std::printf("%-12s %12.1f us %21.1f %9.0f samples/s\n", "all", total_us,
                1e-3 * total_flops / total_us, 1e6 * static_cast<double>(batch_) / total_us);
  }

 private:
  static void keep_fastest(double& fastest, Clock::time_point begin) {
    fastest = std::min(fastest, Microseconds(Clock::now() - begin).count());
  }

  std::size_t layer_count() const { return runner_.stack().layers.size(); }

  LayerRunner runner_;
  std::size_t batch_ = 0;
  AlignedVector<float> samples_;
  AlignedVector<float> output_gradient_;
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
