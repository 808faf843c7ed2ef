#pragma once

#include "hermes/nn/tensor_view.hpp"

/// What batch normalisation does to memory, one pass each: two forward, two backward. Arrays have a
/// value per channel; views have the same extents. y = (x - mean) factor + bias; with `relu`,
/// max(y, 0), whose derivative is found from x again.
namespace hermes::nn {

struct ChannelScale {
  const float* mean;
  const float* factor;
  const float* bias;
  bool relu;
};

/// Two sums per channel, and where their parts are added up in single precision first.
struct ChannelSums {
  double* first;
  double* second;
  float* partial;  ///< two values per channel; garbage between calls
};

/// The sums of x - pivot and of its square. A pivot near the mean keeps them exact.
void sum_moments(ConstTensorView x, const float* pivot, const ChannelSums& sums);

void scale_channels(ConstTensorView x, const ChannelScale& scale, TensorView y);

/// The sums of dy and of dy (x - mean).
void sum_gradients(ConstTensorView x, ConstTensorView dy, const ChannelScale& scale,
                   const ChannelSums& sums);

/// dx = factor dy + of_x (x - mean) + rest
void scale_gradients(ConstTensorView x, ConstTensorView dy, const ChannelScale& scale,
                     const float* of_x, const float* rest, TensorView dx);

}  // namespace hermes::nn
