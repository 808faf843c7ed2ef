#pragma once

#include <memory>

#include "convolution.hpp"

namespace hermes::nn {

/// Whether Winograd's algorithm can compute this convolution: stride 1, 3x3 or 5x5 kernels, and
/// channels in multiples of 4. Any padding and any size of image will do.
bool winograd_applies(const ConvolutionGeometry& geometry);

/// Whether it is also expected to be faster than direct convolution. Depends on the geometry alone,
/// never on a clock, so that all ranks and all runs compute the same numbers.
bool winograd_pays(const ConvolutionGeometry& geometry);

/// Convolution by Winograd's minimal filtering (see kernels/winograd_transforms.hpp), with the
/// exact adjoint for the gradients. A block of tiles at a time goes through
///
///   V = B^T x B    U = G w G^T    M_p = V_p U_p           y = A^T M A + bias
///   dM = A dy A^T                 dU_p = V_p^T dM_p       dw = G^T dU G
///                                 dV_p = dM_p U_p^T       dx = overlapping sum of B dV B^T
///
/// with 36 matrix products in each line, p = 0..35; their rows are tiles, or input channels for dU.
/// Requires: winograd_applies(geometry).
std::unique_ptr<Convolution> make_winograd_convolution(const ConvolutionGeometry& geometry);

/// Tiles that are at work at once: few, so that their planes stay in cache.
std::size_t winograd_tiles_per_block(const ConvolutionGeometry& geometry);
/// With blocks of another size, which changes the results by rounding.
std::unique_ptr<Convolution> make_winograd_convolution(const ConvolutionGeometry& geometry,
                                                       std::size_t tiles_per_block);

}  // namespace hermes::nn
