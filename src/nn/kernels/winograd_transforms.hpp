#pragma once

#include <cstddef>

/// The linear maps of Winograd's convolution (Lavin & Gray, "Fast Algorithms for Convolutional
/// Neural Networks", CVPR 2016) and their adjoints, vectorised over channels.
///
/// A tile of 6 x 6 inputs d and an r x r kernel g give m x m outputs, m = 7 - r:
///     Y = A^T [ (G g G^T) . (B^T d B) ] A          (. = element by element)
/// with the interpolation points 0, 1, -1, 2, -2 and infinity. Element p = 6a + b of all tiles and
/// channels together is a matrix, a "plane"; with a sum over input channels, . is a product of
/// planes. All numbers of channels are multiples of 4; sizes and strides are in floats.
namespace hermes::nn {

/// F(m x m, r x r).
enum class WinogradForm {
  Outputs4x4Kernel3x3,  ///< 4 times fewer multiplications than the definition
  Outputs2x2Kernel5x5,  ///< 2.8 times fewer
};

constexpr std::size_t kWinogradTile = 6;
constexpr std::size_t kWinogradPlanes = kWinogradTile * kWinogradTile;
constexpr std::size_t kWinogradChannelMultiple = 4;

constexpr std::size_t winograd_kernel(WinogradForm form) {
  return form == WinogradForm::Outputs4x4Kernel3x3 ? 3 : 5;
}
/// Outputs along a side of a tile, which is also the distance between tiles.
constexpr std::size_t winograd_outputs(WinogradForm form) {
  return kWinogradTile + 1 - winograd_kernel(form);
}

/// 36 row-major matrices, without gaps between their rows.
template <class T>
struct WinogradPlanes {
  T* data;
  std::size_t stride;  ///< from plane to plane

  T* plane(std::size_t p) const { return data + p * stride; }
};

/// One row of tiles in an image, `winograd_outputs` pixels apart. What lies beyond `height` and
/// `width` is read as zero and not written.
template <class T>
struct TileRow {
  T* pixels;  ///< upper left pixel of the first tile; null for an image that is not there
  std::size_t row_stride;
  std::size_t height;  ///< rows of pixels from there on
  std::size_t width;   ///< columns of pixels from there on
  std::size_t channels;
  std::size_t tiles;
};

/// The kernels of one form for one instruction set.
struct WinogradTransforms {
  /// V = B^T x B; row t of each plane is tile t.
  void (*input)(const TileRow<const float>& x, WinogradPlanes<float> v);
  /// y = A^T M A + bias; then max(y, 0) if `relu`.
  void (*output)(WinogradPlanes<const float> m, const float* bias, bool relu,
                 const TileRow<float>& y);
  /// dM = A dy A^T. Where there is a `y`, dy counts only where y > 0. Plane 7, of the point (1, 1),
  /// is the sum of dy over each tile.
  void (*output_adjoint)(const TileRow<const float>& dy, const TileRow<const float>& y,
                         WinogradPlanes<float> dm);
  /// dx = the sum of B dV B^T over tiles, which overlap. An image's rows of tiles go from top to
  /// bottom; the first one overwrites what it finds.
  void (*input_adjoint)(WinogradPlanes<const float> dv, bool first_row, const TileRow<float>& dx);

  /// U = G w G^T, with in rows and out columns, in panels: first `panel` columns of all rows, then
  /// the next. Weights are kernel row x kernel column x in x out.
  void (*weights)(const float* weights, std::size_t in, std::size_t out, std::size_t panel,
                  WinogradPlanes<float> u);
  /// The transposes of the same, in panels.
  void (*weights_transposed)(const float* weights, std::size_t in, std::size_t out,
                             std::size_t panel, WinogradPlanes<float> u);
  /// dw = G^T dU G, or dw += that.
  void (*weights_adjoint)(WinogradPlanes<const float> du, std::size_t in, std::size_t out,
                          bool accumulate, float* weights);
};

/// Those of the instruction set in use (see hermes/core/simd.hpp).
const WinogradTransforms& winograd_transforms(WinogradForm form);

}  // namespace hermes::nn
