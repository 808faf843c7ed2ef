// Winograd's convolution: whole layers for several block sizes, and each of its stages. GFLOP/s
// count the operations of direct convolution, so that numbers of different algorithms compare.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "nn/convolution/winograd.hpp"
#include "nn/kernels/winograd_transforms.hpp"

namespace hermes::nn {
namespace {

struct LayerShape {
  std::size_t in;
  std::size_t side;
  std::size_t out;
  std::size_t kernel;
};

// The convolutions of cnn and alexnet_s that have more than a few input channels.
constexpr LayerShape kLayers[] = {
    {16, 14, 32, 5}, {32, 16, 64, 3}, {64, 8, 128, 3}, {128, 8, 128, 3}, {128, 8, 64, 3}};

ConvolutionGeometry geometry_of(const LayerShape& layer) {
  const std::size_t p = layer.kernel / 2;
  return {Shape::image(layer.in, layer.side, layer.side),
          Shape::image(layer.out, layer.side, layer.side), layer.kernel, 1, Halo{p, p, p, p}};
}

std::vector<float> some_values(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(i % 97) * 0.01F - 0.5F;
  }
  return values;
}

struct Layer {
  Layer(const LayerShape& shape, std::size_t images)
      : geometry(geometry_of(shape)),
        batch(images),
        weight(some_values(geometry.weight_count())),
        bias(some_values(shape.out)),
        x_buffer(some_values(
            images *
            ConstTensorView::with_halo(nullptr, 1, geometry.input, geometry.halo).image_stride)),
        y_buffer(some_values(images * geometry.output.size())),
        dy_buffer(y_buffer),
        dx_buffer(x_buffer),
        weight_gradient(weight.size()),
        bias_gradient(bias.size()) {}

  TensorView x() {
    return TensorView::with_halo(x_buffer.data(), batch, geometry.input, geometry.halo);
  }
  TensorView dx() {
    return TensorView::with_halo(dx_buffer.data(), batch, geometry.input, geometry.halo);
  }
  TensorView y() { return TensorView::contiguous(y_buffer.data(), batch, geometry.output); }
  TensorView dy() { return TensorView::contiguous(dy_buffer.data(), batch, geometry.output); }

  void report(benchmark::State& state, double products) const {
    const auto operations = 2.0 * products *
                            static_cast<double>(batch * geometry.weight_count() *
                                                geometry.output.height * geometry.output.width);
    state.counters["GFLOP/s"] =
        benchmark::Counter(operations * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  }

  ConvolutionGeometry geometry;
  std::size_t batch;
  std::vector<float> weight, bias;
  std::vector<float> x_buffer, y_buffer, dy_buffer, dx_buffer;
  std::vector<float> weight_gradient, bias_gradient;
};

/// Arguments: layer, batch, tiles per block.
void BM_layer(benchmark::State& state) {
  Layer layer(kLayers[state.range(0)], static_cast<std::size_t>(state.range(1)));
  const auto convolution =
      make_winograd_convolution(layer.geometry, static_cast<std::size_t>(state.range(2)));
  AlignedVector<float> scratch(convolution->scratch_size(layer.batch));
  const ConvolutionWeights weights{layer.weight.data(), layer.bias.data()};
  for (auto _ : state) {
    convolution->forward(weights, layer.x(), layer.y(), true, scratch);
    convolution->backward(weights, layer.x(), layer.y(), layer.dy(),
                          {layer.weight_gradient.data(), layer.bias_gradient.data()}, layer.dx(),
                          scratch);
    benchmark::ClobberMemory();
  }
  layer.report(state, 3.0);
}

enum Stage { Input, Output, OutputAdjoint, InputAdjoint, Weights, Transposed, WeightsAdjoint };

/// Arguments: layer, stage. One stage over one block of whole images, which its planes leave in
/// whatever cache they fit.
void BM_stage(benchmark::State& state) {
  const LayerShape& shape = kLayers[state.range(0)];
  const auto form =
      shape.kernel == 3 ? WinogradForm::Outputs4x4Kernel3x3 : WinogradForm::Outputs2x2Kernel5x5;
  const WinogradTransforms& transforms = winograd_transforms(form);
  const std::size_t grid = shape.side / winograd_outputs(form);
  Layer layer(shape, winograd_tiles_per_block(geometry_of(shape)) / (grid * grid) + 1);
  const std::size_t tiles = grid * grid * layer.batch;
  const std::size_t stride =
      (std::max(tiles * std::max(shape.in, shape.out), shape.in * shape.out) / 16 | 1) * 16;
  AlignedVector<float> planes(kWinogradPlanes * stride, 0.5F);
  const ConstTensorView x = ConstTensorView(layer.x()).grown(layer.geometry.halo);
  const TensorView dx = layer.dx().grown(layer.geometry.halo);
  const auto row_of = [&](const auto& view, std::size_t n, std::size_t i) {
    using T = std::remove_pointer_t<decltype(view.data)>;
    const std::size_t first = i * winograd_outputs(form);
    return TileRow<T>{view.row(n, first), view.row_stride, view.height - first,
                      view.width,         view.channels,   grid};
  };
  const auto for_each_row = [&](std::size_t channels, const auto& f) {
    for (std::size_t r = 0; r < layer.batch * grid; ++r) {
      f(r / grid, r % grid, WinogradPlanes<float>{planes.data() + r * grid * channels, stride});
    }
  };
  const auto constant = [](const WinogradPlanes<float>& p) {
    return WinogradPlanes<const float>{p.data, p.stride};
  };
  const WinogradPlanes<float> all{planes.data(), stride};
  for (auto _ : state) {
    switch (state.range(1)) {
      case Input:
        for_each_row(shape.in, [&](std::size_t n, std::size_t i, auto p) {
          transforms.input(row_of(x, n, i), p);
        });
        break;
      case Output:
        for_each_row(shape.out, [&](std::size_t n, std::size_t i, auto p) {
          transforms.output(constant(p), layer.bias.data(), true, row_of(layer.y(), n, i));
        });
        break;
      case OutputAdjoint:
        for_each_row(shape.out, [&](std::size_t n, std::size_t i, auto p) {
          transforms.output_adjoint(row_of(ConstTensorView(layer.dy()), n, i),
                                    row_of(ConstTensorView(layer.y()), n, i), p);
        });
        break;
      case InputAdjoint:
        for_each_row(shape.in, [&](std::size_t n, std::size_t i, auto p) {
          transforms.input_adjoint(constant(p), i == 0, row_of(dx, n, i));
        });
        break;
      case Weights:
        transforms.weights(layer.weight.data(), shape.in, shape.out, 64, all);
        break;
      case Transposed:
        transforms.weights_transposed(layer.weight.data(), shape.in, shape.out, 64, all);
        break;
      default:
        transforms.weights_adjoint(constant(all), shape.in, shape.out, false,
                                   layer.weight_gradient.data());
    }
    benchmark::ClobberMemory();
  }
  state.counters["images"] = static_cast<double>(layer.batch);
}

BENCHMARK(BM_layer)->ArgsProduct({{0, 1, 2, 3, 4}, {16, 64}, {16, 32, 64, 128}});
BENCHMARK(BM_stage)->ArgsProduct(
    {{0, 1, 3}, {Input, Output, OutputAdjoint, InputAdjoint, Weights, Transposed, WeightsAdjoint}});

}  // namespace
}  // namespace hermes::nn
