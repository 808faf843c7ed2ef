#pragma once

#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/protocol/merge_rule.hpp"
#include "hermes/protocol/server_optimizer.hpp"
#include "hermes/protocol/strategy.hpp"

namespace hermes::protocol {

/// One term of a sum; as many values as the sum has.
struct WeightedValues {
  double weight = 1.0;
  const float* values = nullptr;
};

/// bsp, ebsp, selsync, timebox: one step of the server optimizer along the mean of the workers'
/// deltas, weighted by samples.
///
/// With PayloadKind::Parameters workers send w_i itself: the mean is taken in double precision, so
/// with a plain optimizer one worker gets its own weights back bit for bit, which w + (w_i - w) in
/// single precision would not give. With PayloadKind::Delta a rounding wire does little harm.
class MeanOfUpdates final : public MergeRule {
 public:
  MeanOfUpdates(const ServerOptimizerConfig& server, PayloadKind payload)
      : optimizer_(server), payload_(payload) {}
  PayloadKind payload() const override { return payload_; }
  void merge(const MergeInput& input, std::span<float> merged) override;
  void save(StateWriter& state) const override;
  void load(StateReader& state) override;

 private:
  /// A block of each update with its weight, into terms_.
  void find_terms(std::span<const Update> updates, double samples, std::size_t begin,
                  std::size_t count);

  ServerOptimizer optimizer_;
  PayloadKind payload_;
  std::vector<WeightedValues> terms_;  // of a block; kept for their memory
  AlignedVector<float> rooms_;         // a block of each update, where it is not floats
};

/// asp, ssp, hermes with merge = delta: one step of the server optimizer along each delta. Running
/// statistics take one of so many parts as workers live from each push.
class EachDelta final : public MergeRule {
 public:
  explicit EachDelta(const ServerOptimizerConfig& server) : optimizer_(server) {}
  PayloadKind payload() const override { return PayloadKind::Delta; }
  void merge(const MergeInput& input, std::span<float> merged) override;
  void save(StateWriter& state) const override;
  void load(StateReader& state) override;

 private:
  ServerOptimizer optimizer_;
};

/// hermes: w <- (a w + b w_i) / (a + b) with a = 1 / L_global, b = 1 / L_i (1 + staleness)^-c and
/// w_i = w_0 + D_i; the first push is taken as it is (ALGORITHMS section 1.2). Under plain SGD this
/// is the paper's loss-weighted sum of gradients.
class LossWeighted final : public MergeRule {
 public:
  explicit LossWeighted(double staleness_exponent, LossSource weights = LossSource::Worker)
      : staleness_exponent_(staleness_exponent), weights_(weights) {}
  PayloadKind payload() const override { return PayloadKind::Displacement; }
  bool needs_update_loss() const override { return weights_ == LossSource::Server; }
  void merge(const MergeInput& input, std::span<float> merged) override;
  void save(StateWriter& state) const override;
  void load(StateReader& state) override;

 private:
  double staleness_exponent_;
  LossSource weights_;
  double first_loss_ = 0.0;  ///< stands in for L_global until the server has evaluated
};

}  // namespace hermes::protocol
