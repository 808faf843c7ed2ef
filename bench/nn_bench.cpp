// Dense and convolution kernels, what lies between them, and whole training steps of the three
// models, on one thread. GFLOP/s count the operations of direct convolution (see Layer::flops), so
// that numbers of different kernels compare.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/random.hpp"
#include "hermes/nn/blas.hpp"
#include "hermes/nn/layer_spec.hpp"
#include "hermes/nn/loss.hpp"
#include "hermes/nn/mini_batch.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/nn/optimizer_spec.hpp"

namespace hermes::nn {
namespace {

Conv2dSpec same_conv(std::size_t filters, std::size_t kernel) {
  return {filters, kernel, 1, Conv2dPadding::same()};
}

NetworkSpec mlp() {
  return {"mlp",
          Shape::image(1, 28, 28),
          {},
          {FlattenSpec{}, DenseSpec{128}, ReluSpec{}, DenseSpec{64}, ReluSpec{}, DenseSpec{10}}};
}

NetworkSpec cnn() {
  const MaxPool2dSpec halve{2, std::nullopt};
  return {"cnn",
          Shape::image(1, 28, 28),
          {},
          {same_conv(16, 5), ReluSpec{}, halve, same_conv(32, 5), ReluSpec{}, halve, FlattenSpec{},
           DenseSpec{64}, ReluSpec{}, DenseSpec{10}}};
}

NetworkSpec alexnet_s() {
  const MaxPool2dSpec halve{2, std::nullopt};
  return {
      "alexnet_s",
      Shape::image(3, 32, 32),
      {},
      {same_conv(32, 3), ReluSpec{}, halve, same_conv(64, 3), ReluSpec{}, halve, same_conv(128, 3),
       ReluSpec{}, same_conv(128, 3), ReluSpec{}, same_conv(64, 3), ReluSpec{}, halve,
       FlattenSpec{}, DenseSpec{512}, ReluSpec{}, DenseSpec{256}, ReluSpec{}, DenseSpec{10}}};
}

/// Two equal layers behind each other: the second one computes its input gradient, the first
/// does not, so the pair shows what a layer costs in the middle and at the front of a network.
NetworkSpec pair_of(const Shape& input, const LayerSpec& layer) {
  return {"pair", input, {}, {layer, layer}};
}

/// A network with weights, samples and output gradients for one batch.
struct Fixture {
  Fixture(const NetworkSpec& spec, std::size_t batch_size)
      : batch(batch_size),
        network(spec, batch),
        samples(batch * network.input_size()),
        labels(batch),
        output_gradient(batch * network.output_size()) {
    set_blas_threads(1);
    RandomStream random(1, RandomPurpose::Test);
    network.initialize(random);
    for (float& value : samples) {
      value = static_cast<float>(random.normal());
    }
    for (std::int32_t& label : labels) {
      label = static_cast<std::int32_t>(random.below(network.output_size()));
    }
  }

  void report(benchmark::State& state, std::uint64_t flops_per_sample) const {
    const auto samples_done = static_cast<double>(state.iterations()) * static_cast<double>(batch);
    state.counters["samples/s"] = benchmark::Counter(samples_done, benchmark::Counter::kIsRate);
    state.counters["GFLOP/s"] = benchmark::Counter(
        1e-9 * samples_done * static_cast<double>(flops_per_sample), benchmark::Counter::kIsRate);
  }

  std::size_t batch;
  Network network;
  std::vector<float> samples;
  std::vector<std::int32_t> labels;
  std::vector<float> output_gradient;
};

void BM_forward(benchmark::State& state, const NetworkSpec& spec, std::size_t batch) {
  Fixture fixture(spec, batch);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        fixture.network.forward(fixture.samples, batch, Mode::Inference).data());
  }
  fixture.report(state, fixture.network.flops().forward);
}

void BM_forward_backward(benchmark::State& state, const NetworkSpec& spec, std::size_t batch) {
  Fixture fixture(spec, batch);
  for (auto _ : state) {
    fixture.network.forward(fixture.samples, batch, Mode::Training);
    fixture.network.backward(fixture.output_gradient);
    benchmark::DoNotOptimize(fixture.network.gradients().data());
  }
  const Flops flops = fixture.network.flops();
  fixture.report(state, flops.forward + flops.backward);
}

void BM_training_step(benchmark::State& state, const NetworkSpec& spec) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  Fixture fixture(spec, batch);
  const std::unique_ptr<Optimizer> optimizer =
      make_optimizer(SgdSpec{}, fixture.network.parameter_count());
  const LossSpec loss = CrossEntropy{};
  for (auto _ : state) {
    compute_gradient(fixture.network, loss, fixture.samples, fixture.labels,
                     fixture.output_gradient);
    optimizer->step(fixture.network.parameters(), fixture.network.gradients(), 1e-4);
  }
  const Flops flops = fixture.network.flops();
  fixture.report(state, flops.forward + flops.backward);
}

/// One step over the parameters of the mlp model. Bytes: gradients and parameters read, parameters
/// written; with momenta those, too.
void BM_optimizer(benchmark::State& state, const OptimizerSpec& spec) {
  constexpr std::size_t kCount = 109386;
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(spec, kCount);
  AlignedVector<float> parameters(kCount, 1.0F);
  const AlignedVector<float> gradients(kCount, 1e-3F);
  for (auto _ : state) {
    optimizer->step(parameters, gradients, 1e-4);
    benchmark::ClobberMemory();
  }
  const std::size_t floats = 3 * kCount + 2 * optimizer->state().size();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(floats * sizeof(float)));
}

/// Loss and its gradient for a mini-batch of 10 classes.
void BM_cross_entropy(benchmark::State& state) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  RandomStream random(1, RandomPurpose::Test);
  std::vector<float> outputs(batch * 10);
  for (float& value : outputs) {
    value = static_cast<float>(random.normal());
  }
  std::vector<std::int32_t> labels(batch);
  for (std::int32_t& label : labels) {
    label = static_cast<std::int32_t>(random.below(10));
  }
  std::vector<float> gradient(outputs.size());
  for (auto _ : state) {
    benchmark::DoNotOptimize(evaluate(CrossEntropy{}, outputs, labels, gradient).mean_loss);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

/// Forward and backward of a layer without parameters, 16 images of 28 x 28 x 16 (cnn's first
/// pool). Bytes: x and dy read, y and dx written.
void BM_layer(benchmark::State& state, const LayerSpec& spec) {
  constexpr std::size_t kBatch = 16;
  const Shape input = Shape::image(16, 28, 28);
  const std::unique_ptr<Layer> layer = make_layer(spec, input);
  const Shape output = layer->output_shape();
  AlignedVector<float> x(kBatch * input.size());
  RandomStream random(1, RandomPurpose::Test);
  for (float& value : x) {
    value = static_cast<float>(random.normal());
  }
  AlignedVector<float> dx(x.size());
  AlignedVector<float> y(kBatch * output.size());
  const AlignedVector<float> dy(y.size(), 1.0F);
  AlignedVector<std::byte> saved(layer->saved_bytes(kBatch));
  const LayerContext context{Mode::Training, {}, {}, {}, saved, random};
  const auto in = ConstTensorView::contiguous(x.data(), kBatch, input);
  const auto out = TensorView::contiguous(y.data(), kBatch, output);
  for (auto _ : state) {
    layer->forward(context, in, out);
    layer->backward(context, in, out, ConstTensorView::contiguous(dy.data(), kBatch, output),
                    TensorView::contiguous(dx.data(), kBatch, input));
    benchmark::ClobberMemory();
  }
  const std::size_t floats = 2 * (x.size() + y.size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(floats * sizeof(float)));
}

const NetworkSpec kDense = pair_of(Shape::features(512), DenseSpec{512});
const NetworkSpec kConv3x3 = pair_of(Shape::image(64, 16, 16), same_conv(64, 3));
const NetworkSpec kConv5x5 = pair_of(Shape::image(16, 14, 14), same_conv(16, 5));

BENCHMARK_CAPTURE(BM_forward, dense_512, kDense, 16);
BENCHMARK_CAPTURE(BM_forward_backward, dense_512, kDense, 16);
BENCHMARK_CAPTURE(BM_forward, conv_3x3x64_on_16x16, kConv3x3, 16);
BENCHMARK_CAPTURE(BM_forward_backward, conv_3x3x64_on_16x16, kConv3x3, 16);
BENCHMARK_CAPTURE(BM_forward, conv_5x5x16_on_14x14, kConv5x5, 16);
BENCHMARK_CAPTURE(BM_forward_backward, conv_5x5x16_on_14x14, kConv5x5, 16);
BENCHMARK_CAPTURE(BM_optimizer, sgd, SgdSpec{});
BENCHMARK_CAPTURE(BM_optimizer, momentum, SgdSpec{0.9});
BENCHMARK_CAPTURE(BM_optimizer, adam, AdamSpec{});
BENCHMARK(BM_cross_entropy)->Arg(16)->Arg(128);
BENCHMARK_CAPTURE(BM_layer, max_pool, MaxPool2dSpec{2, std::nullopt});
BENCHMARK_CAPTURE(BM_layer, max_pool_overlapping, MaxPool2dSpec{3, 2});
BENCHMARK_CAPTURE(BM_layer, avg_pool, AvgPool2dSpec{2, std::nullopt});
BENCHMARK_CAPTURE(BM_layer, relu, ReluSpec{});
BENCHMARK_CAPTURE(BM_layer, sigmoid, SigmoidSpec{});
BENCHMARK_CAPTURE(BM_layer, tanh, TanhSpec{});
BENCHMARK_CAPTURE(BM_layer, dropout, DropoutSpec{0.5});
BENCHMARK_CAPTURE(BM_training_step, mlp, mlp())->Arg(16)->Arg(64);
BENCHMARK_CAPTURE(BM_training_step, cnn, cnn())->Arg(16)->Arg(64);
BENCHMARK_CAPTURE(BM_training_step, alexnet_s, alexnet_s())->Arg(16)->Arg(64);

}  // namespace
}  // namespace hermes::nn
