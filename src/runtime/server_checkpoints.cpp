// What rank 0 does about checkpoints: keeps the workers' states, saves, goes on from one.
#include <utility>

#include "hermes/core/error.hpp"
#include "hermes/core/state_archive.hpp"
#include "hermes/runtime/compute_cost.hpp"
#include "hermes/runtime/resumption.hpp"
#include "hermes/runtime/server_node.hpp"

namespace hermes::runtime {

/// A state counts with its report: one whose report was rejected belongs to a round that never was.
void ServerNode::note_report(const protocol::ReportAccepted& accepted) {
  if (!accepted.report.captured) {
    known_.erase(accepted.rank);
    return;
  }
  auto state = arrived_.extract(accepted.rank);
  if (!state.empty() && state.mapped().round == accepted.report.round.value) {
    known_[accepted.rank] = std::move(state.mapped());
  }
}

void ServerNode::act(const protocol::SaveCheckpoint& effect) {
  Checkpoint checkpoint = describe_run(inputs_, server_.roster().size());
  const std::span<const float> global = effect.parameters.values();
  checkpoint.model.parameters.assign(global.begin(), global.end());
  checkpoint.model.version = effect.version.value;
  StateWriter state;
  state& now() & best_.has_value();
  if (best_) {
    checkpoint.model.validation_loss = best_->validation_loss;
    checkpoint.model.validation_accuracy = best_->validation_accuracy;
    state & best_->version & best_->parameters & best_->validation_loss &
        best_->validation_accuracy;
  }
  recorder_.save(state);
  checkpoint.node = std::move(state).take();
  checkpoint.server = effect.state;
  for (const Rank rank : effect.captured) {
    if (const auto known = known_.find(rank); known != known_.end()) {
      checkpoint.workers[rank] = known->second;
    }
  }
  compute_on_all(cost::kPassedValue);
  checkpoints_->write(std::move(checkpoint));
}

void ServerNode::resume(Checkpoint checkpoint) {
  try {
    server_.resume(checkpoint.server);
    StateReader state(checkpoint.node);
    Instant saved_at;
    bool has_best = false;
    state& saved_at& has_best;
    if (has_best) {
      best_.emplace();
      state & best_->version & best_->parameters & best_->validation_loss &
          best_->validation_accuracy;
      if (best_->parameters.size() != inputs_.parameter_count()) {
        throw DecodeError("state: the best model has another size");
      }
    }
    recorder_.resume(state);
    state.expect_end();
    clock_offset_ = saved_at - channel_.now();
  } catch (const DecodeError& error) {
    throw DataError(std::string("the checkpoint cannot be used: ") + error.what());
  }
  bytes_before_ = recorder_.statistics().bytes();
  to_give_back_ = std::move(checkpoint.workers);
  has_resumed_ = true;
}

bool ServerNode::finish_checkpoints() {
  // A run that went on and lost all its workers before it saved anything has failed: to go on once
  // more would end likewise.
  const bool had_one = has_resumed_ && reason() == protocol::StopReason::Interrupted;
  if (!checkpoints_) {
    return had_one;
  }
  checkpoints_->finish();
  if (const std::optional<std::string> news = checkpoints_->news()) {
    recorder_.info(*news, now());
  }
  return checkpoints_->has_written() || had_one;
}

}  // namespace hermes::runtime
