#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/nn/parameter_tensor.hpp"
#include "hermes/nn/shape.hpp"
#include "hermes/nn/tensor_view.hpp"

namespace hermes::nn {

/// Training draws dropout masks, remembers what `backward` needs and keeps running statistics;
/// inference does none of these.
enum class Mode { Training, Inference };

/// Where the output of a layer may live.
enum class OutputStorage {
  Own,      ///< in a buffer of its own
  InPlace,  ///< may overwrite the input; `backward` may get dy and dx as one view (elementwise)
  View,     ///< is the input's memory under another shape: nothing to compute
};

/// Multiplications and additions of matrix products per sample; elementwise work is not counted.
struct LayerFlops {
  std::uint64_t forward = 0;
  std::uint64_t parameter_gradient = 0;
  std::uint64_t input_gradient = 0;
};

/// What a network lends a layer for one call.
struct LayerContext {
  Mode mode;
  std::span<const float> parameters;  ///< this layer's part of the parameter buffer
  std::span<float> gradients;         ///< this layer's part of the gradient buffer
  std::span<float> scratch;           ///< `scratch_size` floats; garbage between calls
  std::span<std::byte> saved;         ///< `saved_bytes` bytes; kept from forward to backward
  RandomStream& random;               ///< drawn from by dropout, in training only
  bool accumulates = false;           ///< backward adds to the gradients of parameters
  std::span<float> statistics{};      ///< this layer's running statistics; written in training only
  ConstTensorView beside{};           ///< the second input of a layer that adds two
};

/// One layer of a network: shapes and sizes, and two kernels. Stateless between calls apart from
/// its fixed shapes; all memory comes from the network, so fast kernels can replace slow ones
/// behind this interface.
///
/// Halo rule: the buffer behind `x` has at least `input_padding()` zeros around each image; the
/// layer writes only the interior of `y`. `dx` has room for the same halo, with garbage in it,
/// which the layer may use as scratch. Nothing may be assumed about the halo of `dy`.
/// Call order: (forward(Inference) | forward(Training) backward?)*
class Layer {
 public:
  virtual ~Layer() = default;

  /// The stem of names in files: "conv" makes "conv1.weight".
  virtual std::string_view name() const = 0;
  virtual Shape output_shape() const = 0;
  virtual Halo input_padding() const { return {}; }
  virtual OutputStorage output_storage() const { return OutputStorage::Own; }
  /// True when `backward` reads `y`: then no later layer may overwrite it.
  virtual bool backward_needs_output() const { return false; }
  /// True of the layer max(x, 0) itself.
  virtual bool is_relu() const { return false; }
  /// A ReLU beside this layer may become part of its kernels. A layer that can do that remembers it
  /// and answers true; called at most once each, before memory is planned and before the first
  /// forward. Shapes and tensors, which may have been asked for by then, do not depend on it.
  virtual bool fuse_relu_of_input() { return false; }
  virtual bool fuse_relu_of_output() { return false; }
  /// In the order of the buffer, without gaps, offsets from the start of this layer's part.
  virtual std::vector<ParameterTensor> parameters() const { return {}; }
  /// What training learns beside gradients, as running means: likewise, in a buffer of their own.
  virtual std::vector<ParameterTensor> statistics() const { return {}; }
  /// True when the output for a sample depends on the others of its mini-batch, which must then not
  /// be cut into slices.
  virtual bool ties_samples() const { return false; }
  /// Smaller mini-batches teach the layer nothing.
  virtual std::size_t minibatch_min() const { return 1; }
  virtual LayerFlops flops() const { return {}; }
  virtual std::size_t scratch_size(std::size_t /*batch*/) const { return 0; }
  /// A fixed part and a part for each sample.
  virtual std::size_t saved_bytes(std::size_t /*batch*/) const { return 0; }

  virtual void forward(const LayerContext& context, ConstTensorView x, TensorView y) const = 0;
  /// Overwrites the layer's gradients (see LayerContext) and, unless `dx` is empty, dx. `x` and `y`
  /// are those of the last forward (`y` only if `backward_needs_output()`).
  virtual void backward(const LayerContext& context, ConstTensorView x, ConstTensorView y,
                        ConstTensorView dy, TensorView dx) const = 0;
};

}  // namespace hermes::nn
