#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/nn/parameter_tensor.hpp"

namespace hermes::nn {

/// Turns gradients into a new model, one step at a time. All it remembers is `state()` (momenta,
/// as many floats as the kind needs, the layout of the parameters repeated) and `step_count()`,
/// so a checkpoint of the two resumes exactly. Single-threaded; a step does not allocate.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// parameters <- parameters - learning_rate x (direction from gradients and state).
  /// Both spans have the size that the optimizer was made for.
  void step(std::span<float> parameters, std::span<const float> gradients, double learning_rate);

  /// From now on weight decay leaves these tensors alone. Requires: in the order of the buffer.
  void exempt_from_decay(std::span<const ParameterTensor> tensors);

  std::uint64_t step_count() const { return step_count_; }
  std::span<const float> state() const { return state_; }
  /// Goes on as if it were the optimizer that these values came from.
  /// Throws DataError when `state` has another size.
  void restore(std::span<const float> state, std::uint64_t step_count);
  /// Forgets everything: as new.
  void reset();

 protected:
  /// `slots`: how many values the kind remembers for each parameter.
  Optimizer(std::size_t parameter_count, std::size_t slots);

  /// A stretch of the parameters that is updated in one go.
  struct Part {
    std::size_t first = 0;
    std::size_t count = 0;
    bool decays = true;  ///< weight decay pulls at it
  };
  std::span<float> slot(std::size_t index, const Part& part);

 private:
  /// Parameters and gradients of the part.
  virtual void update(const Part& part, std::span<float> parameters,
                      std::span<const float> gradients, double learning_rate) = 0;

  std::size_t parameter_count_;
  std::vector<Part> parts_;  // cover the parameters
  std::uint64_t step_count_ = 0;
  AlignedVector<float> state_;
};

}  // namespace hermes::nn
