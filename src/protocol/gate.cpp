#include "hermes/protocol/gate.hpp"

#include <algorithm>
#include <cmath>

#include "hermes/core/assert.hpp"

namespace hermes::protocol {

Gate::Decision Gate::decide(double loss) {
  HERMES_ASSERT(std::isfinite(loss), "gate: the loss must be finite");
  window_.push_back(loss);
  if (window_.size() > config_.window) {
    window_.pop_front();
  }

  const auto count = static_cast<double>(window_.size());
  double mean = 0.0;
  for (const double value : window_) {
    mean += value / count;
  }
  double variance = 0.0;
  for (const double value : window_) {
    variance += (value - mean) * (value - mean) / count;
  }
  const double sigma = std::sqrt(variance);
  // Equal losses differ from their own mean by its rounding error, which grows with them.
  const double sigma_min = 1e-12 * std::max(1.0, std::abs(mean));
  const double z = sigma <= sigma_min ? 0.0 : (loss - mean) / sigma;

  ++silent_;
  const bool push = window_.size() >= 2 && z <= threshold_;
  const Decision decision{push, GateReading{z, mean, sigma, threshold_, silent_}};
  if (push) {
    silent_ = 0;
    if (config_.clear_window) {
      window_.clear();
    }
    if (config_.reset_threshold) {
      threshold_ = config_.alpha;
    }
  } else if (silent_ >= config_.lambda) {
    threshold_ = std::min(0.0, threshold_ * (1.0 - config_.beta));
  }
  return decision;
}

}  // namespace hermes::protocol
