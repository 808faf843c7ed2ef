#include "hermes/protocol/evaluation_schedule.hpp"
#include "hermes/core/state_archive.hpp"

#include <cmath>
#include <utility>

namespace hermes::protocol {

void EvaluationSchedule::offer(Model model) {
  const bool is_known = (running_ && running_->version == model.version) ||
                        (!waiting_.empty() && waiting_.back().version == model.version);
  if (is_known) {
    return;
  }
  if (!ordered_) {
    waiting_.clear();
  }
  waiting_.push_back(std::move(model));
}

std::optional<EvaluationSchedule::Model> EvaluationSchedule::take() {
  if (running_ || waiting_.empty()) {
    return std::nullopt;
  }
  running_ = std::move(waiting_.front());
  waiting_.pop_front();
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
  waiting_.clear();
}

std::uint64_t EvaluationSchedule::periods_without_best() const {
  return newest_ ? (newest_->value - best_.value) / every_ : 0;
}

void EvaluationSchedule::save(StateWriter& state) const {
  const std::uint64_t unfinished = waiting_.size() + (running_ ? 1 : 0);
  state& newest_& best_& best_loss_& unfinished;
  if (running_) {
    state & running_->version & running_->parameters;
  }
  for (const Model& model : waiting_) {
    state& model.version& model.parameters;
  }
}

void EvaluationSchedule::load(StateReader& state) {
  close();
  std::uint64_t unfinished = 0;
  state& newest_& best_& best_loss_& unfinished;
  for (; unfinished > 0; --unfinished) {  // what was running begins again
    Model& model = waiting_.emplace_back();
    state& model.version& model.parameters;
  }
}

}  // namespace hermes::protocol
