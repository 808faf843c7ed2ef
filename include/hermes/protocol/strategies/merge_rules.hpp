#pragma once

#include "hermes/protocol/merge_rule.hpp"

namespace hermes::protocol {

/// bsp: w <- w + server_learning_rate (mean of w_i - w), weighted by samples.
///
/// Workers send w_i itself: the mean is taken in double precision, so one worker gets its own
/// weights back bit for bit, which w + (w_i - w) in single precision would not give.
class MeanOfModels final : public MergeRule {
 public:
  explicit MeanOfModels(double server_learning_rate) : learning_rate_(server_learning_rate) {}
  PayloadKind payload() const override { return PayloadKind::Parameters; }
  void merge(const MergeInput& input, std::span<float> merged) override;

 private:
  double learning_rate_;
};

/// asp: w <- w + server_learning_rate d_i for each delta.
class SumOfDeltas final : public MergeRule {
 public:
  explicit SumOfDeltas(double server_learning_rate) : learning_rate_(server_learning_rate) {}
  PayloadKind payload() const override { return PayloadKind::Delta; }
  void merge(const MergeInput& input, std::span<float> merged) override;

 private:
  double learning_rate_;
};

/// hermes: w <- (a w + b w_i) / (a + b) with a = 1 / L_global, b = 1 / L_i (1 + staleness)^-c and
/// w_i = w_0 + D_i; the first push is taken as it is (ALGORITHMS section 1.2). Under plain SGD this
/// is the paper's loss-weighted sum of gradients.
class LossWeighted final : public MergeRule {
 public:
  explicit LossWeighted(double staleness_exponent) : staleness_exponent_(staleness_exponent) {}
  PayloadKind payload() const override { return PayloadKind::Displacement; }
  void merge(const MergeInput& input, std::span<float> merged) override;

 private:
  double staleness_exponent_;
  double first_loss_ = 0.0;  ///< stands in for L_global until the server has evaluated
};

}  // namespace hermes::protocol
