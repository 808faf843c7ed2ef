#pragma once

#include <memory>

#include "convolution.hpp"

namespace hermes::nn {

/// Convolution as the definition says, for any kernel, stride and padding: three strided products
/// (see kernels/gemm.hpp) that read the images where they are. With x and dy padded by zeros, dy
/// also spread to the places of its windows where the stride is above 1:
///
///   y[pixel]           = bias + sum over kernel row, column, channel of x[window] * w
///   dw[kernel][in]     = sum over pixels of x[window] * dy[pixel]
///   dx[pixel]          = sum over the kernel, turned by 180 degrees, of dy[window] * w^T
///
/// The oracle of faster algorithms, and the only one for strides above 1 and few channels.
std::unique_ptr<Convolution> make_direct_convolution(const ConvolutionGeometry& geometry);

}  // namespace hermes::nn
