#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "hermes/core/buffer.hpp"

namespace hermes::wire {

/// Makes a worker's updates smaller and keeps what that takes off them for the next one (Seide et
/// al., "1-Bit Stochastic Gradient Descent", Interspeech 2014; Stich, Cordonnier, Jaggi,
/// "Sparsified SGD with Memory", NeurIPS 2018): nothing is lost, it only comes later.
///
/// One object per worker, for the whole run; a round that sends nothing does not touch it.
/// Holds a float for each parameter, for the largest values two.
class ErrorFeedback {
 public:
  /// Of 8 bits: what a number in blocks (hermes/core/int8_blocks.hpp) cannot hold stays behind.
  /// Requires: count > 0.
  explicit ErrorFeedback(std::size_t count);
  /// Of the k largest values: the others stay behind.
  /// k = ceil(fraction x count), at least 1. Requires: count > 0, fraction in (0, 1].
  ErrorFeedback(std::size_t count, double fraction);

  /// Adds what earlier updates left behind, then leaves of the delta what goes out: the numbers of
  /// 8 bits as floats, or the k values of largest magnitude (the first of equal ones) beside zeros.
  /// The rest stays behind for the next: value by value, sent + residual = delta + old residual.
  /// Linear time.
  ///
  /// A sum that is not finite, or too large for 8 bits, is left whole, for its receiver to reject,
  /// and the residual as it was.
  void reduce(std::span<float> delta);

  bool is_of_bytes() const { return magnitudes_.empty(); }
  /// All, for numbers of 8 bits.
  std::size_t kept_count() const { return kept_count_; }
  std::span<const float> residual() const { return residual_; }
  /// To go on where another one was.
  std::span<float> residual() { return residual_; }

 private:
  void round(std::span<float> sum);
  void sparsify(std::span<float> sum);
  float smallest_kept(std::span<const float> sum);

  std::size_t kept_count_;
  AlignedVector<float> residual_;
  AlignedVector<float> magnitudes_;
};

}  // namespace hermes::wire
