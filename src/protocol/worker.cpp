#include "hermes/protocol/worker.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/state_archive.hpp"
#include "hermes/protocol/message_fields.hpp"

namespace hermes::protocol {

Worker::Worker(WorkerConfig config, std::unique_ptr<PushRule> push_rule)
    : config_(std::move(config)), push_rule_(std::move(push_rule)) {
  HERMES_ASSERT(push_rule_ != nullptr, "worker: no push rule");
}

std::vector<WorkerEffect> Worker::step(const WorkerEvent& event, Instant now) {
  Effects effects;
  if (state_ == WorkerState::Finished) {
    return effects;
  }
  // After a long gap of its own (a frozen process) the worker must not blame the server for it.
  const Duration since_last_step = now - last_step_.value_or(now);
  if (since_last_step > config_.liveness.server_timeout / 2.0) {
    last_heard_ = now;
  }
  totals_.run_seconds += since_last_step.count();
  last_step_ = now;
  std::visit([&](const auto& concrete) { on(concrete, now, effects); }, event);
  return effects;
}

void Worker::on(const WorkerStarted& /*event*/, Instant now, Effects& effects) {
  last_heard_ = now;
  waiting_since_ = now;
  tell(config_.join, now, effects);
}

void Worker::on(const ServerSaid& event, Instant now, Effects& effects) {
  last_heard_ = now;
  const MessageBody& body = event.message.body;
  if (const auto* release = std::get_if<Release>(&body)) {
    on_release(*release, event.message.payload, now, effects);
  } else if (const auto* collect = std::get_if<Collect>(&body)) {
    on_collect(*collect, now, effects);
  } else if (const auto* stop = std::get_if<Stop>(&body)) {
    if (state_ == WorkerState::Computing || state_ == WorkerState::Loading) {
      effects.emplace_back(AbandonRound{});
    }
    count_wait((now - reported_at_).count(), now);  // nothing was on its way back
    tell(Leave{stop->reason, totals_, {}}, now, effects);
    finish({stop->reason, stop->detail, stop->workers_lost > 0}, effects);
  } else if (const auto* capture = std::get_if<Capture>(&body)) {
    is_capturing_ = capture->on;
  } else if (!std::holds_alternative<Heartbeat>(body)) {
    throw ProtocolError("the server sent a '" + std::string(kind_name(body)) +
                        "', which only workers send");
  }
}

void Worker::on_release(const Release& release, const SharedParameters& payload, Instant now,
                        Effects& effects) {
  if (release.ticket <= ticket_) {
    return;  // an older permission, overtaken by a reissue
  }
  if ((release.model == ModelSource::Attached) == payload.empty()) {
    throw ProtocolError("release: model and payload do not fit together");
  }
  const Assignment& assignment = release.assignment;
  if (release.plan.rounds == 0 || assignment.minibatch == 0 || assignment.shard_rows == 0 ||
      assignment.pool_count == 0) {
    throw ProtocolError("release: expected rounds, rows and mini-batch above zero");
  }
  if (assignment.minibatch > kMinibatchMax) {
    throw ProtocolError("release: mini-batch: expected at most " + std::to_string(kMinibatchMax) +
                        " rows, found " + std::to_string(assignment.minibatch));
  }
  if (!(release.plan.box_seconds >= 0.0 && std::isfinite(release.plan.box_seconds))) {
    throw ProtocolError("release: expected a time box of zero seconds or more");
  }
  count_wait(release.held_seconds, now);
  // The answer to a push that the worker did not wait for: the round in progress goes on, unless
  // it has to train on other rows. Back to w_0 means that the push was lost before anything was
  // merged: there is no answer to build on. Nor is a model that is not finite anything to build on.
  const bool is_rebase =
      std::exchange(is_in_flight_, false) && release.model == ModelSource::Attached && is_sound_;
  const bool is_new_assignment = release.assignment != assignment_;
  if (state_ == WorkerState::Computing && (!is_rebase || is_new_assignment)) {
    effects.emplace_back(AbandonRound{});
    state_ = WorkerState::AwaitingRelease;
  }
  const bool is_loading = state_ == WorkerState::Loading;
  ticket_ = release.ticket;
  base_ = release.version;
  plan_ = release.plan;
  rounds_left_ = plan_.rounds;
  permitted_at_ = now;
  if (release.model != ModelSource::Keep) {
    push_samples_ = is_rebase ? push_samples_ : 0;
    effects.emplace_back(AdoptModel{release.model, payload, is_rebase, !is_sound_});
    is_sound_ = true;
  }
  const std::optional<RoundOutcome> held = std::exchange(held_, std::nullopt);
  if (is_new_assignment) {
    assignment_ = release.assignment;
    state_ = WorkerState::Loading;
    effects.emplace_back(LoadAssignment{assignment_});
  } else if (held && is_rebase) {
    report_round(*held, now, effects);
  } else if (state_ == WorkerState::Computing) {
    if (box_end_) {
      box_end_ = now + seconds(plan_.box_seconds);  // trained on in flight; the box begins now
    }
  } else if (!is_loading) {
    start_round(now, effects);
  }
}

void Worker::on_collect(const Collect& collect, Instant now, Effects& effects) {
  if (collect.ticket != ticket_ || state_ != WorkerState::AwaitingRelease) {
    return;
  }
  Report report = vote_;
  report.kind = ReportKind::Push;
  report.payload = config_.payload;
  ++totals_.pushes;
  count_wait(collect.held_seconds, now);
  waiting_since_ = now;
  reported_at_ = now;
  tell(report, now, effects);
}

void Worker::on(const AssignmentLoaded& /*event*/, Instant now, Effects& effects) {
  HERMES_ASSERT(state_ == WorkerState::Loading, "worker: nothing was being loaded");
  start_round(now, effects);
}

void Worker::on(const RoundFinished& event, Instant now, Effects& effects) {
  HERMES_ASSERT(state_ == WorkerState::Computing, "worker: no round was running");
  const RoundOutcome& outcome = event.outcome;
  ++totals_.rounds;
  totals_.steps += outcome.steps;
  totals_.samples += outcome.samples;
  totals_.compute_seconds += outcome.compute_seconds;
  totals_.evaluation_seconds += outcome.evaluation_seconds;
  totals_.data_seconds += outcome.data_seconds;
  push_samples_ += outcome.samples;
  if (is_in_flight_) {
    // Only one push at a time: what this round is worth is decided when the answer is there.
    held_ = outcome;
    waiting_since_ = now;
    state_ = WorkerState::AwaitingRelease;
    return;
  }
  report_round(outcome, now, effects);
}

void Worker::report_round(const RoundOutcome& outcome, Instant now, Effects& effects) {
  rounds_left_ = rounds_left_ > 0 ? rounds_left_ - 1 : 0;
  const PushDecision decision = push_rule_->decide(outcome, rounds_left_);
  Report report;
  report.kind = decision.kind;
  report.vote = decision.vote;
  report.captured = is_capturing_;
  report.payload = decision.kind == ReportKind::Push ? config_.payload : PayloadKind::None;
  report.ticket = ticket_;
  report.round = Round{totals_.rounds};
  report.base = base_;
  report.steps = outcome.steps;
  report.samples = outcome.samples;
  report.push_samples = push_samples_;
  report.compute_seconds = outcome.compute_seconds;
  report.evaluation_seconds = outcome.evaluation_seconds;
  report.data_seconds = outcome.data_seconds;
  report.round_seconds = (now - permitted_at_).count();
  report.train_loss = outcome.train_loss;
  report.validation_loss = outcome.validation_loss;
  report.validation_accuracy = outcome.validation_accuracy;
  report.gate = decision.gate;
  is_sound_ = std::isfinite(outcome.train_loss) && std::isfinite(outcome.validation_loss);

  totals_.pushes += decision.kind == ReportKind::Push ? 1 : 0;
  totals_.suppressed += decision.kind == ReportKind::Suppressed ? 1 : 0;
  permitted_at_ = now;
  reported_at_ = now;
  tell(report, now, effects);
  is_in_flight_ = decision.kind == ReportKind::Push && push_rule_->overlaps();
  if (is_in_flight_) {
    push_samples_ = 0;
  }
  if (decision.kind == ReportKind::Suppressed || is_in_flight_) {
    start_round(now, effects);
  } else {
    vote_ = report;
    waiting_since_ = now;
    state_ = WorkerState::AwaitingRelease;
  }
}

void Worker::on(const WorkerFailed& event, Instant now, Effects& effects) {
  tell(Leave{event.reason, totals_, event.detail}, now, effects);
  finish({event.reason, event.detail}, effects);
}

void Worker::on(const Ticked& /*event*/, Instant now, Effects& effects) {
  if (now - last_heard_ > config_.liveness.server_timeout) {
    finish({StopReason::ServerLost, "the server was silent for too long"}, effects);
    return;
  }
  if (now - last_sent_ >= config_.liveness.heartbeat) {
    tell(Heartbeat{}, now, effects);
  }
  if (state_ == WorkerState::Computing && box_end_ && now >= *box_end_) {
    box_end_.reset();
    effects.emplace_back(FinishRound{});
  }
}

void Worker::tell(MessageBody body, Instant now, Effects& effects) {
  last_sent_ = now;
  effects.emplace_back(TellServer{std::move(body)});
}

void Worker::start_round(Instant now, Effects& effects) {
  state_ = WorkerState::Computing;
  const bool has_box = plan_.box_seconds > 0.0;
  box_end_ = has_box ? std::optional(now + seconds(plan_.box_seconds)) : std::nullopt;
  effects.emplace_back(StartRound{push_rule_->needs(), has_box});
}

void Worker::save(StateWriter& state) const {
  state& ticket_& base_& push_samples_& vote_& is_sound_& totals_;
  push_rule_->save(state);
}

void Worker::resume(StateReader& state, Instant now) {
  HERMES_ASSERT(state_ == WorkerState::Joining, "worker: resumed in the middle of a run");
  state& ticket_& base_& push_samples_& vote_& is_sound_& totals_;
  push_rule_->load(state);
  waiting_since_ = now;
  reported_at_ = now;
  state_ = WorkerState::AwaitingRelease;
}

/// A wait is over. Its end was spent on the wire: what passed since the report, but for the time
/// that the server held it. Who joins waits for the others alone.
void Worker::count_wait(double held_seconds, Instant now) {
  if (state_ != WorkerState::AwaitingRelease && state_ != WorkerState::Joining) {
    return;
  }
  if (!(held_seconds >= 0.0 && std::isfinite(held_seconds))) {
    throw ProtocolError("the server: expected to be held for zero seconds or more");
  }
  const double waited = (now - waiting_since_).count();
  const double on_its_way = (now - reported_at_).count() - held_seconds;
  const double wire =
      state_ == WorkerState::Joining ? 0.0 : std::clamp(on_its_way, 0.0, std::max(waited, 0.0));
  totals_.wire_seconds += wire;
  totals_.wait_seconds += waited - wire;
}

void Worker::finish(const WorkerFinished& how, Effects& effects) {
  state_ = WorkerState::Finished;
  effects.emplace_back(how);
}

}  // namespace hermes::protocol
