#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/nn/network_spec.hpp"

namespace hermes::nn {

/// Floating-point operations per sample. The first layer with parameters computes no gradient of
/// its input, and layers before it compute nothing in the backward pass.
struct Flops {
  std::uint64_t forward = 0;
  std::uint64_t backward = 0;
};

/// What one layer is and costs.
struct LayerSummary {
  std::string type;
  Shape output;
  std::size_t parameter_count = 0;
  Flops flops;
};

/// What a network holds, in bytes.
struct NetworkMemory {
  std::size_t parameters = 0;
  std::size_t gradients = 0;
  std::size_t activations = 0;  ///< outputs of layers and what backward remembers of them
  std::size_t workspace = 0;    ///< gradients of activations and scratch of kernels

  std::size_t total() const { return parameters + gradients + activations + workspace; }
};

/// A feed-forward network: one contiguous parameter buffer, one gradient buffer of the same
/// layout (both 64-byte aligned) and a workspace for `batch_max` samples that is allocated once.
/// The parameters are [trained | running statistics]: an optimizer gets the first part only.
///
/// Samples are batch x height x width x channels (NHWC), contiguous; plain features batch x count.
/// Call order: (forward(Training) (backward | add_backward)? | forward(Inference))*; parameters may
/// be read and written between any two calls. Single-threaded; the parameters start at zero.
class Network {
 public:
  /// Throws ConfigError for a spec that makes no network; the message names the layer.
  Network(NetworkSpec spec, std::size_t batch_max);
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;

  const NetworkSpec& spec() const;
  std::size_t batch_max() const;
  /// Makes room for larger batches; the only call that allocates after construction.
  void reserve(std::size_t batch_max);

  std::size_t input_size() const;        ///< floats per sample
  std::size_t output_size() const;       ///< floats per sample
  std::size_t parameter_count() const;   ///< with the running statistics
  std::size_t trained_count() const;     ///< without them
  std::size_t statistics_count() const;  ///< the last so many parameters; their gradient is zero
  std::span<float> parameters();
  std::span<const float> parameters() const;
  std::span<float> gradients();
  std::span<const float> gradients() const;
  /// Copies `parameter_count()` values in.
  void set_parameters(std::span<const float> values);

  /// New weights from the spec's initializer, tensor by tensor.
  void initialize(RandomStream& random);

  /// Runs `batch` samples (1 to `batch_max()`). The result, batch x outputs, is valid until the
  /// next forward. Requires: `x` stays unchanged until after `backward`.
  std::span<const float> forward(std::span<const float> x, std::size_t batch, Mode mode);
  /// Overwrites `gradients()` with the gradient of a scalar whose derivative by the outputs of the
  /// last forward(Training) is given (batch x outputs).
  void backward(std::span<const float> output_gradient);
  /// As backward, but adds to `gradients()`.
  void add_backward(std::span<const float> output_gradient);

  /// Samples that a larger mini-batch is best cut into, so that each layer finds in the cache what
  /// another has written. A mini-batch's gradient is the sum of its slices', as layers treat
  /// samples alone: see compute_gradient. Where they do not, there is one slice.
  std::size_t slice_size() const;
  /// Samples that a mini-batch of training should have at least: 2 where batch normalisation finds
  /// one value per channel in each.
  std::size_t minibatch_min() const;

  /// Where dropout draws its masks from: to be saved in and restored from checkpoints.
  const RandomStream& dropout_stream() const;
  void set_dropout_stream(const RandomStream& stream);

  /// The tensors in the buffers, named as in files ("conv1.weight", "dense2.bias").
  std::span<const ParameterTensor> named_parameters() const;

  Flops flops() const;
  std::vector<LayerSummary> summary() const;
  /// The tensors that a network of this spec would have, without building it. Throws as the
  /// constructor does.
  static std::vector<ParameterTensor> parameter_layout(const NetworkSpec& spec);
  /// What a network of this spec would hold, without building it. Throws as the constructor does.
  static NetworkMemory memory_bytes(const NetworkSpec& spec, std::size_t batch_max);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hermes::nn
