#include "winograd.hpp"

#include <algorithm>

#include "../kernels/gemm.hpp"
#include "../kernels/winograd_transforms.hpp"
#include "hermes/core/assert.hpp"

namespace hermes::nn {
namespace {

// Columns of a product that its kernel takes at once. Weights are kept in panels of so many.
constexpr std::size_t kPanel = 64;
constexpr std::size_t kLine = 16;
// Planes of a block that stay in half of a second-level cache, unless the block got so small that
// reading the transformed weights once per block costs more. Measured, microseconds forward and
// backward for 32, 64 and 128 tiles, with channels in and out, batch 64:
//   16 -> 32, 5x5 on 14x14:   7360   6758   6643
//   32 -> 64, 3x3 on 16x16:   8266   9027   9977
//   128 -> 128, 3x3 on 8x8:  17686  18694  20175
constexpr std::size_t kPlaneFloats = 131072;
constexpr std::size_t kTilesMin = 32;
// The plane of the point (1, 1), where a polynomial is the sum of its coefficients.
constexpr std::size_t kSumPlane = kWinogradTile + 1;

std::ptrdiff_t steps(std::size_t floats) {
  return static_cast<std::ptrdiff_t>(floats);
}

/// Planes start on cache lines, and not a power of two apart: the 36 values of a tile are written
/// and read together, and would else all fall on the same few lines of a cache.
std::size_t plane_stride(std::size_t rows, std::size_t columns) {
  const std::size_t lines = (rows * columns + kLine - 1) / kLine;
  return (lines | 1) * kLine;
}

/// C = A B for a row-major A and a B in panels (see WinogradTransforms::weights).
void multiply_panels(std::size_t rows, std::size_t depth, std::size_t columns, const float* a,
                     const float* b, float* c) {
  for (std::size_t first = 0; first < columns; first += kPanel) {
    const std::size_t width = std::min(kPanel, columns - first);
    Product product;
    product.a = a;
    product.b = b + first * depth;
    product.c = c + first;
    product.rows[0] = {rows, steps(depth), steps(columns)};
    product.depth[0] = {depth, 1, steps(width)};
    product.columns = width;
    multiply(product);
  }
}

/// C = A^T B or C += A^T B for row-major A and B of `depth` rows.
void multiply_transposed(std::size_t rows, std::size_t depth, std::size_t columns, const float* a,
                         const float* b, bool accumulate, float* c) {
  Product product;
  product.a = a;
  product.b = b;
  product.c = c;
  product.rows[0] = {rows, 1, steps(columns)};
  product.depth[0] = {depth, steps(rows), steps(columns)};
  product.columns = columns;
  product.accumulate = accumulate;
  multiply(product);
}

/// C = the sum of the rows of A, or C += that.
void sum_rows(std::size_t rows, std::size_t columns, const float* a, bool accumulate, float* c) {
  constexpr float kOne = 1.0F;
  Product product;
  product.a = &kOne;
  product.b = a;
  product.c = c;
  product.depth[0] = {rows, 0, steps(columns)};
  product.columns = columns;
  product.accumulate = accumulate;
  multiply(product);
}

class WinogradConvolution final : public Convolution {
 public:
  WinogradConvolution(const ConvolutionGeometry& geometry, std::size_t tiles_per_block)
      : geometry_(geometry),
        tiles_per_block_(tiles_per_block),
        form_(geometry.kernel == 3 ? WinogradForm::Outputs4x4Kernel3x3
                                   : WinogradForm::Outputs2x2Kernel5x5),
        in_(geometry.input.channels),
        out_(geometry.output.channels),
        grid_height_(tiles_across(geometry.output.height)),
        grid_width_(tiles_across(geometry.output.width)) {}

  Halo input_padding() const override { return geometry_.halo; }

  std::size_t scratch_size(std::size_t batch) const override {
    const std::size_t tiles = rows_per_block(batch) * grid_width_;
    return kWinogradPlanes *
           (2 * plane_stride(in_, out_) + plane_stride(tiles, in_) + plane_stride(tiles, out_));
  }

  void forward(const ConvolutionWeights& weights, ConstTensorView x, TensorView y, bool relu,
               std::span<float> scratch) const override;
  void backward(const ConvolutionWeights& weights, ConstTensorView x, ConstTensorView y,
                ConstTensorView dy, const ConvolutionGradients& gradients, TensorView dx,
                std::span<float> scratch) const override;

 private:
  struct Scratch {
    WinogradPlanes<float> u;  // or its transposes
    WinogradPlanes<float> du;
    WinogradPlanes<float> v;  // of one block; then dV
    WinogradPlanes<float> m;  // of one block; or dM
  };

  /// Rows of tiles, counted through all images of a batch.
  struct Block {
    std::size_t first_row;
    std::size_t rows;
    std::size_t tiles;
  };

  std::size_t tiles_across(std::size_t outputs) const {
    return (outputs + winograd_outputs(form_) - 1) / winograd_outputs(form_);
  }
  std::size_t rows_per_block(std::size_t batch) const {
    return std::clamp<std::size_t>(tiles_per_block_ / grid_width_, 1, batch * grid_height_);
  }
  Scratch partition(std::span<float> scratch, std::size_t batch) const;

  /// f(block) for all blocks of a batch.
  template <class F>
  void for_each_block(std::size_t batch, const F& f) const;
  /// f(row, tile) for all rows of a block; `tile` is the first one's number in the block.
  template <class F>
  void for_each_row(const Block& block, const F& f) const;
  /// A row of tiles in images, which for inputs are those with the halo.
  template <class T>
  TileRow<T> tiles_of(const BasicTensorView<T>& images, std::size_t row) const;

  void transform_input(const Block& block, const ConstTensorView& x,
                       const WinogradPlanes<float>& v) const;

  ConvolutionGeometry geometry_;
  std::size_t tiles_per_block_;
  WinogradForm form_;
  std::size_t in_;
  std::size_t out_;
  std::size_t grid_height_;  // tiles of one image
  std::size_t grid_width_;
};

WinogradConvolution::Scratch WinogradConvolution::partition(std::span<float> scratch,
                                                            std::size_t batch) const {
  HERMES_ASSERT(scratch.size() >= scratch_size(batch), "winograd: scratch too small");
  float* next = scratch.data();
  const auto take = [&next](std::size_t rows, std::size_t columns) {
    const WinogradPlanes<float> planes{next, plane_stride(rows, columns)};
    next += kWinogradPlanes * planes.stride;
    return planes;
  };
  const std::size_t tiles = rows_per_block(batch) * grid_width_;
  Scratch parts{};
  parts.u = take(in_, out_);
  parts.du = take(in_, out_);
  parts.v = take(tiles, in_);
  parts.m = take(tiles, out_);
  return parts;
}

template <class F>
void WinogradConvolution::for_each_block(std::size_t batch, const F& f) const {
  const std::size_t rows = batch * grid_height_;
  const std::size_t most = rows_per_block(batch);
  for (std::size_t first = 0; first < rows; first += most) {
    const std::size_t count = std::min(most, rows - first);
    f(Block{first, count, count * grid_width_});
  }
}

template <class F>
void WinogradConvolution::for_each_row(const Block& block, const F& f) const {
  for (std::size_t row = 0; row < block.rows; ++row) {
    f(block.first_row + row, row * grid_width_);
  }
}

template <class T>
TileRow<T> WinogradConvolution::tiles_of(const BasicTensorView<T>& images, std::size_t row) const {
  if (images.empty()) {
    return {};
  }
  const std::size_t y = row % grid_height_ * winograd_outputs(form_);
  return {images.row(row / grid_height_, y),
          images.row_stride,
          images.height - y,
          images.width,
          images.channels,
          grid_width_};
}

void WinogradConvolution::transform_input(const Block& block, const ConstTensorView& x,
                                          const WinogradPlanes<float>& v) const {
  const WinogradTransforms& transforms = winograd_transforms(form_);
  for_each_row(block, [&](std::size_t row, std::size_t tile) {
    transforms.input(tiles_of(x, row), {v.data + tile * in_, v.stride});
  });
}

void WinogradConvolution::forward(const ConvolutionWeights& weights, ConstTensorView x,
                                  TensorView y, bool relu, std::span<float> scratch) const {
  const WinogradTransforms& transforms = winograd_transforms(form_);
  const Scratch parts = partition(scratch, x.batch);
  const ConstTensorView padded = x.grown(geometry_.halo);
  transforms.weights(weights.weight, in_, out_, kPanel, parts.u);
  for_each_block(x.batch, [&](const Block& block) {
    transform_input(block, padded, parts.v);
    for (std::size_t p = 0; p < kWinogradPlanes; ++p) {
      multiply_panels(block.tiles, in_, out_, parts.v.plane(p), parts.u.plane(p), parts.m.plane(p));
    }
    for_each_row(block, [&](std::size_t row, std::size_t tile) {
      transforms.output({parts.m.data + tile * out_, parts.m.stride}, weights.bias, relu,
                        tiles_of(y, row));
    });
  });
}

void WinogradConvolution::backward(const ConvolutionWeights& weights, ConstTensorView x,
                                   ConstTensorView y, ConstTensorView dy,
                                   const ConvolutionGradients& gradients, TensorView dx,
                                   std::span<float> scratch) const {
  const WinogradTransforms& transforms = winograd_transforms(form_);
  const Scratch parts = partition(scratch, x.batch);
  const ConstTensorView padded = x.grown(geometry_.halo);
  const bool wants_dx = !dx.empty();
  const TensorView padded_dx = wants_dx ? dx.grown(geometry_.halo) : dx;
  if (wants_dx) {
    transforms.weights_transposed(weights.weight, in_, out_, kPanel, parts.u);
  }
  for_each_block(x.batch, [&](const Block& block) {
    const bool later = block.first_row > 0;
    transform_input(block, padded, parts.v);
    for_each_row(block, [&](std::size_t row, std::size_t tile) {
      transforms.output_adjoint(tiles_of(dy, row), tiles_of(y, row),
                                {parts.m.data + tile * out_, parts.m.stride});
    });
    sum_rows(block.tiles, out_, parts.m.plane(kSumPlane), later || gradients.accumulates,
             gradients.bias);
    for (std::size_t p = 0; p < kWinogradPlanes; ++p) {
      multiply_transposed(in_, block.tiles, out_, parts.v.plane(p), parts.m.plane(p), later,
                          parts.du.plane(p));
      if (wants_dx) {
        // V_p was used for the last time.
        multiply_panels(block.tiles, out_, in_, parts.m.plane(p), parts.u.plane(p),
                        parts.v.plane(p));
      }
    }
    if (wants_dx) {
      for_each_row(block, [&](std::size_t row, std::size_t tile) {
        transforms.input_adjoint({parts.v.data + tile * in_, parts.v.stride},
                                 row % grid_height_ == 0, tiles_of(padded_dx, row));
      });
    }
  });
  transforms.weights_adjoint({parts.du.data, parts.du.stride}, in_, out_, gradients.accumulates,
                             gradients.weight);
}

}  // namespace

bool winograd_applies(const ConvolutionGeometry& geometry) {
  return geometry.stride == 1 && (geometry.kernel == 3 || geometry.kernel == 5) &&
         geometry.input.channels % kWinogradChannelMultiple == 0 &&
         geometry.output.channels % kWinogradChannelMultiple == 0;
}

// Time of direct convolution over that of Winograd's, forward / backward, batch 16, AVX-512:
//    8 ->  16   3x3  0.6 / 1.1    5x5  0.6 / 1.0        32 ->  64   3x3  2.0 / 2.1
//   16 ->  16   3x3  1.0 / 1.4    5x5  1.0 / 1.3        64 -> 128   3x3  1.9 / 2.0
//   16 ->  32                     5x5  1.2 / 1.4       128 -> 128   3x3  2.0 / 1.9
//   32 ->  16                     5x5  1.2 / 1.4       128 ->  64   3x3  1.8 / 1.8
bool winograd_pays(const ConvolutionGeometry& geometry) {
  constexpr std::size_t kChannelsMin = 16;
  return winograd_applies(geometry) && geometry.input.channels >= kChannelsMin &&
         geometry.output.channels >= kChannelsMin;
}

std::size_t winograd_tiles_per_block(const ConvolutionGeometry& geometry) {
  const std::size_t channels = geometry.input.channels + geometry.output.channels;
  return std::max(kTilesMin, kPlaneFloats / (kWinogradPlanes * channels));
}

std::unique_ptr<Convolution> make_winograd_convolution(const ConvolutionGeometry& geometry) {
  return make_winograd_convolution(geometry, winograd_tiles_per_block(geometry));
}

std::unique_ptr<Convolution> make_winograd_convolution(const ConvolutionGeometry& geometry,
                                                       std::size_t tiles_per_block) {
  HERMES_ASSERT(winograd_applies(geometry) && tiles_per_block > 0,
                "winograd: geometry not supported");
  return std::make_unique<WinogradConvolution>(geometry, tiles_per_block);
}

}  // namespace hermes::nn
