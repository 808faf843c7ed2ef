#include "hermes/protocol/gate.hpp"

#include <algorithm>
#include <cmath>

#include "hermes/core/assert.hpp"
#include "hermes/core/state_archive.hpp"

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
  const GateCause cause = cause_of(z);
  const bool push = cause != GateCause::None;
  const Decision decision{push, GateReading{z, mean, sigma, threshold_, silent_, cause}};
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

GateCause Gate::cause_of(double z) {
  switch (config_.kind) {
    case GateKind::Coin:
      return coin_.uniform() < config_.push_probability ? GateCause::Coin : GateCause::None;
    case GateKind::Period:
      return silent_ >= config_.push_period ? GateCause::Period : GateCause::None;
    case GateKind::ZScore:
      break;
  }
  const bool is_open = std::isinf(threshold_) && threshold_ > 0.0;
  if (is_open || (window_.size() >= 2 && z <= threshold_)) {
    return GateCause::Significant;
  }
  const bool is_due = config_.max_silent > 0 && silent_ >= config_.max_silent;
  return is_due ? GateCause::Silence : GateCause::None;
}

void Gate::save(StateWriter& state) const {
  state& threshold_& window_& silent_& coin_;
}

void Gate::load(StateReader& state) {
  state& threshold_& window_& silent_& coin_;
  const auto is_finite = [](double loss) { return std::isfinite(loss); };
  StateReader::expect(is_finite(threshold_) && std::ranges::all_of(window_, is_finite),
                      "finite losses");
}

}  // namespace hermes::protocol
