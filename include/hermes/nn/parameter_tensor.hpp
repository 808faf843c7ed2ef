#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace hermes::nn {

/// One weight, bias or running statistic inside the contiguous parameter (or gradient) buffer of a
/// network.
///
/// Files see it as PyTorch does (convolution: out x in x height x width; dense: out x in, the
/// inputs of a flattened image channels first). The buffer keeps the order that the kernels like:
/// element (i, j, k, l) of `extents`, the shape in files with every axis spelt out, is at
/// `offset + i strides[0] + j strides[1] + k strides[2] + l strides[3]`.
struct ParameterTensor {
  std::string name;                ///< "conv1.weight" in a network, "weight" in a layer
  std::vector<std::size_t> shape;  ///< in files
  std::array<std::size_t, 4> extents{1, 1, 1, 1};
  std::array<std::size_t, 4> strides{0, 0, 0, 0};
  std::size_t offset = 0;   ///< in floats, from the start of the buffer (or of the layer's part)
  std::size_t fan_in = 0;   ///< for initializers; 0 where all values start at `start`
  std::size_t fan_out = 0;  ///< for initializers
  float start = 0.0F;

  std::size_t size() const { return extents[0] * extents[1] * extents[2] * extents[3]; }
};

/// A tensor of a file: values in row-major order of `shape`.
struct NamedTensor {
  std::string name;
  std::vector<std::size_t> shape;
  std::vector<float> values;
};

/// Copies one tensor out of a parameter or gradient buffer into file order, and back.
/// `values` has `tensor.size()` elements.
void export_tensor(const ParameterTensor& tensor, std::span<const float> buffer,
                   std::span<float> values);
void import_tensor(const ParameterTensor& tensor, std::span<const float> values,
                   std::span<float> buffer);

/// All tensors of a buffer (parameters, gradients, optimizer moments) for a file.
std::vector<NamedTensor> export_parameters(std::span<const ParameterTensor> layout,
                                           std::span<const float> buffer);

/// The reverse. `tensors` may come in any order.
/// Throws DataError where a tensor is missing, unknown, given twice or of another shape; the
/// buffer is then unchanged.
void import_parameters(std::span<const ParameterTensor> layout,
                       std::span<const NamedTensor> tensors, std::span<float> buffer);

}  // namespace hermes::nn
