#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "hermes/core/buffer.hpp"

namespace hermes::wire {

/// Thins a worker's updates out to their k largest values and keeps the rest for the next one
/// (Stich, Cordonnier, Jaggi, "Sparsified SGD with Memory", NeurIPS 2018): nothing is lost, it
/// only comes later.
///
/// One object per worker, for the whole run; a round that sends nothing does not touch it.
/// Holds two floats for each parameter.
class ErrorFeedback {
 public:
  /// k = ceil(fraction x count), at least 1. Requires: count > 0, fraction in (0, 1].
  ErrorFeedback(std::size_t count, double fraction);

  /// Adds what earlier updates left behind, then zeroes all but the k values of largest magnitude
  /// (the first of equal ones), which stay behind for the next: value by value, sent + residual =
  /// delta + old residual. Linear time.
  ///
  /// A sum that is not finite is left whole, for its receiver to reject, and the residual as it
  /// was.
  void sparsify(std::span<float> delta);

  std::size_t kept_count() const { return kept_count_; }
  std::span<const float> residual() const { return residual_; }
  /// To go on where another one was.
  std::span<float> residual() { return residual_; }

 private:
  float smallest_kept(std::span<const float> sum);

  std::size_t kept_count_;
  AlignedVector<float> residual_;
  AlignedVector<float> magnitudes_;
};

}  // namespace hermes::wire
