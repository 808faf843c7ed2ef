#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/targets.hpp"
#include "hermes/data/shard.hpp"
#include "hermes/nn/loss.hpp"
#include "hermes/nn/network.hpp"

namespace hermes::runtime {

struct EvaluationResult {
  double loss = 0.0;
  double accuracy = 0.0;  ///< NaN where rows have numbers instead of labels
};

/// Loss and accuracy of a network's present parameters over the rows of a shard, in slices of a
/// millisecond or two, so that who evaluates can answer messages in between. A slice is a
/// mini-batch of the same size on every machine, whatever its speed: results are reproducible.
///
/// Call order: (start advance* until true, (go_on advance* until true)*, result)*; the parameters
/// stay unchanged meanwhile. Requires: network and shard outlive this; network.batch_max() >=
/// kBatch.
class Evaluator {
 public:
  static constexpr std::uint32_t kBatch = 64;
  /// Rows of a slice of a network: a power of two, at most kBatch.
  static std::uint32_t slice_rows(const nn::Network& network);

  Evaluator(nn::Network& network, nn::LossSpec loss, const data::Shard& rows);

  void start();
  /// Goes on with other rows, which the shard holds now: the result counts them all.
  void go_on();
  /// One slice more; true when all rows are done.
  bool advance();
  /// All slices at once.
  EvaluationResult run();
  EvaluationResult result() const;
  /// Floating-point operations since the last call.
  double take_flops() { return std::exchange(flops_, 0.0); }

 private:
  nn::Network& network_;
  nn::LossSpec loss_;
  const data::Shard& rows_;
  std::uint32_t slice_rows_;
  AlignedVector<float> x_;
  TargetBuffer targets_;
  std::vector<std::uint32_t> indices_;
  AlignedVector<float> gradient_;
  std::uint32_t next_ = 0;
  std::uint64_t rows_before_ = 0;  // of earlier shards
  double loss_sum_ = 0.0;
  std::uint64_t correct_ = 0;
  double flops_per_row_;
  double flops_ = 0.0;
};

}  // namespace hermes::runtime
