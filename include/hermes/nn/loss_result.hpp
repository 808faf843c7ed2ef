#pragma once

#include <cstddef>

namespace hermes::nn {

/// What a loss tells about one batch. Batches add up as mean_loss x samples.
struct LossResult {
  double mean_loss = 0.0;
  std::size_t correct = 0;  ///< samples whose largest output is that of their label
};

}  // namespace hermes::nn
