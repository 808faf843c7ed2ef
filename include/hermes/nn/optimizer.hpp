#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hermes/core/buffer.hpp"

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
  std::span<float> slot(std::size_t index);

 private:
  virtual void update(std::span<float> parameters, std::span<const float> gradients,
                      double learning_rate) = 0;

  std::size_t parameter_count_;
  std::uint64_t step_count_ = 0;
  AlignedVector<float> state_;
};

}  // namespace hermes::nn
