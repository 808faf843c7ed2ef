#pragma once

#include <span>

namespace hermes::nn {

/// Sum of exp(logit - largest): between 1 and the number of logits, so nothing overflows.
struct ExponentialSum {
  double largest;
  double sum;
};

/// In double precision. A NaN or an infinity above all gives a NaN. `exponentials`: each summand as
/// float, or empty. Requires: at least one logit.
ExponentialSum sum_exponentials(std::span<const float> logits, std::span<float> exponentials);

}  // namespace hermes::nn
