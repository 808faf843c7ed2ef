#include "hermes/protocol/evaluation_schedule.hpp"

#include <cmath>
#include <utility>

namespace hermes::protocol {

std::optional<EvaluationSchedule::Model> EvaluationSchedule::take() {
  if (running_ || !waiting_) {
    return std::nullopt;
  }
  running_ = std::exchange(waiting_, std::nullopt);
  return running_;
}

std::optional<EvaluationSchedule::Model> EvaluationSchedule::finish(Version version, double loss) {
  if (!running_ || running_->version != version) {
    return std::nullopt;
  }
  std::optional<Model> finished = std::exchange(running_, std::nullopt);
  newest_ = version;
  if (!std::isfinite(loss) || loss >= best_loss_) {
    return std::nullopt;
  }
  best_ = version;
  best_loss_ = loss;
  return finished;
}

void EvaluationSchedule::close() {
  running_.reset();
  waiting_.reset();
}

std::uint64_t EvaluationSchedule::periods_without_best() const {
  return newest_ ? (newest_->value - best_.value) / every_ : 0;
}

}  // namespace hermes::protocol
