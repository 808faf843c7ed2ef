// The server's life: gathering, training, draining; merging and releasing.
// What single workers say and do is in server_peers.cpp.
#include "hermes/protocol/server.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "hermes/core/assert.hpp"
#include "hermes/core/vector_ops.hpp"

namespace hermes::protocol {

Server::Server(ServerConfig config, Strategy strategy, SharedParameters initial)
    : config_(std::move(config)),
      strategy_(std::move(strategy)),
      roster_(config_.workers, config_.liveness),
      pool_(initial.size()),
      initial_(std::move(initial)),
      global_(initial_),
      evaluations_(config_.evaluate_every, strategy_.release->is_barrier()) {
  HERMES_ASSERT(config_.workers > 0, "server: no workers");
  HERMES_ASSERT(config_.statistics_count <= initial_.size(), "server: more statistics than values");
  HERMES_ASSERT(config_.evaluate_every > 0, "server: evaluation period of zero");
}

std::vector<ServerEffect> Server::step(const ServerEvent& event, Instant now) {
  Effects effects;
  if (state_ == ServerState::Finished) {
    return effects;
  }
  if (!stepped_) {
    stepped_ = true;
    gathering_since_ = now;
  } else if (now - last_step_ > config_.liveness.worker_timeout / 2.0) {
    // The server itself was away (frozen, say): its mail is unread, so nobody is to blame.
    for (Peer& peer : roster_.peers()) {
      peer.silence.pardon(now);
    }
  }
  last_step_ = now;

  std::visit([&](const auto& concrete) { on(concrete, now, effects); }, event);

  if (state_ == ServerState::Gathering) {
    start_when_gathered(now, effects);
  }
  if (state_ == ServerState::Training) {
    save_when_captured(now, effects);
  }
  if (state_ == ServerState::Training) {
    apply_release_rule(now, effects);
    check_limits(now, effects);
  }
  if (state_ == ServerState::Draining) {
    finish_when_drained(now, effects);
  }
  return effects;
}

void Server::on(const Evaluated& event, Instant now, Effects& effects) {
  const std::optional<EvaluationSchedule::Model> best =
      evaluations_.finish(event.version, event.loss);
  // A model without a loss weighs nothing against the next push.
  global_loss_ = std::isnan(event.loss) ? std::numeric_limits<double>::infinity() : event.loss;
  effects.emplace_back(
      Note{Evaluation{event.version, event.loss, event.accuracy, best.has_value()}});
  if (best) {
    effects.emplace_back(KeepBest{best->version, best->parameters, event.loss, event.accuracy});
  }
  const StopConfig& stop = config_.stop;
  const bool is_reached = stop.target_accuracy > 0.0 && event.accuracy >= stop.target_accuracy;
  const bool is_hopeless =
      stop.patience > 0 && evaluations_.periods_without_best() >= stop.patience;
  if (is_reached || is_hopeless) {
    if (state_ == ServerState::Training) {
      drain(is_reached ? StopReason::TargetAccuracy : StopReason::Patience, now, effects);
    } else {
      evaluations_.close();  // it might have come before the stop: the best must be the same
    }
  }
  schedule_evaluation(effects);
}

void Server::on(const UpdateMeasured& event, Instant /*now*/, Effects& effects) {
  Peer& peer = roster_.at(event.rank);
  if (event.ticket != peer.ticket || !peer.pending || peer.pending->is_ready) {
    return;  // reissued meanwhile: its update is gone
  }
  // Who left meanwhile stays gone, though its update counts; a worker that fell silent has its
  // answer ready for the return.
  if (peer.state == PeerState::Measuring) {
    peer.state = PeerState::Waiting;
  } else if (peer.state == PeerState::Lost) {
    peer.lost_in = PeerState::Waiting;
  }
  if (std::isfinite(event.loss)) {
    peer.pending->loss = event.loss;
    peer.pending->is_ready = true;
  } else {
    drop_pending(peer, RejectReason::NonFinite, effects);
  }
}

void Server::on(const Interrupted& event, Instant now, Effects& effects) {
  if (state_ == ServerState::Training && event.reason == StopReason::Interrupted &&
      config_.checkpoint.is_on) {
    stop_after_saving_ = event.reason;
    begin_capture(now, effects);
  } else if (state_ != ServerState::Draining) {
    drain(event.reason, now, effects);
  }
}

void Server::on(const Ticked& /*event*/, Instant now, Effects& effects) {
  watch_silence(now, effects);
  send_heartbeats(now, effects);
  const CheckpointConfig& checkpoint = config_.checkpoint;
  if (state_ == ServerState::Training && checkpoint.is_on && checkpoint.every > seconds(0.0) &&
      !capturing_since_ && now - last_saved_ >= checkpoint.every) {
    begin_capture(now, effects);
  }
}

void Server::start_when_gathered(Instant now, Effects& effects) {
  const std::uint32_t joined = roster_.count(PeerState::Joined);
  const std::uint32_t expected = roster_.count(PeerState::Expected);
  const bool is_late = now - gathering_since_ > config_.liveness.gather_timeout;
  if (expected > 0 && !is_late) {
    return;
  }
  if (joined == 0) {
    drain(StopReason::NoWorkers, now, effects);
    return;
  }
  state_ = ServerState::Training;
  if (!is_resumed_) {
    training_since_ = now;
  }
  last_live_ = now;
  last_saved_ = now;
  effects.emplace_back(Note{TrainingStarted{joined, version_}});
  for (Peer& peer : roster_.peers()) {
    if (peer.state == PeerState::Joined) {
      start(peer, now, effects);
    }
  }
  schedule_evaluation(effects);
}

void Server::apply_release_rule(Instant now, Effects& effects) {
  if (evaluations_.blocks(version_.next())) {
    return;
  }
  const ReleaseDecision decision = strategy_.release->decide(roster_, version_, now);
  for (const Rank rank : decision.drop) {
    drop_pending(roster_.at(rank), RejectReason::Stale, effects);
  }
  if (decision.merge) {
    merge_pending(effects);
  }
  check_limits(now, effects);  // who has made its last round is not released again
  if (state_ != ServerState::Training) {
    return;
  }
  for (const Rank rank : decision.collect) {
    Peer& peer = roster_.at(rank);
    peer.state = PeerState::Collecting;
    const double held = (now - peer.reported_at).count();
    tell(peer, Message{Collect{peer.ticket, held}, {}}, now, effects);
  }
  for (const Grant& grant : decision.release) {
    release(roster_.at(grant.rank), decision.with_model, grant.plan, now, effects);
  }
}

void Server::drop_pending(Peer& peer, RejectReason reason, Effects& effects) {
  peer.pending.reset();
  reject(peer, reason, true, effects);
}

/// The loss of a model that is not the global one: w_i = w_0 + D_i.
void Server::measure(Peer& peer, Effects& effects) {
  peer.state = PeerState::Measuring;
  peer.pending->is_ready = false;
  ParameterBuffer model = pool_.acquire();
  const std::span<float> values = model.values();
  const SharedParameters& displacement = peer.pending->payload;
  const std::size_t trained = values.size() - config_.statistics_count;
  for (std::size_t first = 0; first < values.size(); first += kParameterBlock) {
    const std::span<float> block =
        values.subspan(first, std::min(kParameterBlock, values.size() - first));
    const std::span<const float> pushed = displacement.read(first, block);
    const std::size_t moved = std::min(block.size(), trained - std::min(trained, first));
    const std::span<const float> initial = initial_.values().subspan(first, moved);
    blend(1.0F, initial, 1.0F, pushed.first(moved), block.first(moved));
    const auto rest = pushed.subspan(moved);
    if (rest.data() != block.data() + moved) {
      std::ranges::copy(rest, block.begin() + static_cast<std::ptrdiff_t>(moved));
    }
  }
  effects.emplace_back(MeasureUpdate{peer.rank, peer.ticket, std::move(model).seal()});
}

void Server::merge_pending(Effects& effects) {
  std::vector<Update> updates;
  Merged record;
  for (Peer& peer : roster_.peers()) {
    if (peer.pending && peer.pending->is_ready) {
      peer.pending->staleness = version_.value - peer.pending->base.value;
      record.updates.push_back(MergedUpdate{peer.rank, peer.pending->staleness});
      updates.push_back(*std::exchange(peer.pending, std::nullopt));
    }
  }
  if (updates.empty()) {
    return;
  }
  // In place where nobody reads the old model any more: fewer bytes move.
  const std::span<const float> global = global_.values();
  std::optional<ParameterBuffer> merged = pool_.reopen(global_);
  if (!merged) {
    merged = pool_.acquire();
  }
  strategy_.merge->merge(MergeInput{.version = version_,
                                    .initial = initial_.values(),
                                    .global = global,
                                    .global_loss = global_loss_,
                                    .updates = updates,
                                    .statistics_count = config_.statistics_count,
                                    .live_workers = std::max(roster_.live_count(), 1U)},
                         merged->values());
  global_ = std::move(*merged).seal();
  version_ = version_.next();
  record.version = version_;
  effects.emplace_back(Note{std::move(record)});
  if (evaluations_.is_due(version_)) {
    evaluations_.offer({version_, global_});
    schedule_evaluation(effects);
  }
}

void Server::release(Peer& peer, bool with_model, RoundPlan plan, Instant now, Effects& effects) {
  const bool is_first = peer.ticket.value == 0;
  const std::optional<ShardSize> size =
      is_first ? strategy_.allocation->initial(peer) : strategy_.allocation->review(roster_, peer);
  if (size) {
    peer.assignment =
        make_assignment(config_.partition, peer.rank, *size, peer.assignment.generation + 1);
    effects.emplace_back(Note{AssignmentChanged{peer.rank, peer.assignment, size->why}});
  }
  if (with_model) {
    peer.pulled = version_;
  }
  const bool is_initial = with_model && version_.value == 0;
  const ModelSource source = !with_model  ? ModelSource::Keep
                             : is_initial ? ModelSource::Initial
                                          : ModelSource::Attached;
  const Duration waited = peer.is_waiting() ? now - peer.reported_at : seconds(0.0);
  if (const std::uint64_t last = config_.stop.max_rounds; last > 0) {
    // A plan ends with the run's last round, or what it has learned would never be pushed.
    const std::uint64_t left = last - std::min(peer.clock.value, last - 1);
    plan.rounds = static_cast<std::uint32_t>(std::min<std::uint64_t>(plan.rounds, left));
  }
  peer.ticket = peer.ticket.next();
  peer.plan = plan;
  peer.released_at = now;
  peer.state = PeerState::Computing;
  Message message{Release{peer.ticket, peer.pulled, source, peer.assignment, plan, waited.count()},
                  {}};
  if (source == ModelSource::Attached) {
    message.payload = global_;
  }
  effects.emplace_back(Note{Released{peer.rank, peer.pulled, waited, with_model}});
  tell(peer, std::move(message), now, effects);
}

void Server::schedule_evaluation(Effects& effects) {
  if (std::optional<EvaluationSchedule::Model> model = evaluations_.take()) {
    effects.emplace_back(Evaluate{model->version, model->parameters});
  }
}

void Server::check_limits(Instant now, Effects& effects) {
  if (state_ != ServerState::Training) {
    return;
  }
  if (roster_.live_count() > 0) {
    last_live_ = now;
  }
  const StopConfig& stop = config_.stop;
  // The last round counts: it is to be merged, or voted on.
  const auto is_undecided = [](const Peer& peer) {
    return peer.pending || peer.state == PeerState::Collecting ||
           (peer.is_waiting() && peer.last_report.kind == ReportKind::Vote);
  };
  const auto has_run_enough = [&](const Peer& peer) {
    return peer.is_live() && peer.clock.value >= stop.max_rounds && !is_undecided(peer);
  };
  if (stop.max_rounds > 0 &&
      std::any_of(roster_.peers().begin(), roster_.peers().end(), has_run_enough)) {
    drain(StopReason::MaxRounds, now, effects);
  } else if (stop.max_time > seconds(0.0) && now - training_since_ >= stop.max_time) {
    drain(StopReason::MaxSeconds, now, effects);
  } else if (roster_.count(PeerState::Left) == config_.workers ||
             now - last_live_ > config_.liveness.gather_timeout) {
    if (config_.checkpoint.is_on) {
      save(effects);
    }
    drain(StopReason::NoWorkers, now, effects);
  }
}

void Server::drain(StopReason reason, Instant now, Effects& effects) {
  state_ = ServerState::Draining;
  stop_reason_ = reason;
  draining_since_ = now;
  effects.emplace_back(Note{StopDecided{reason}});
  const std::uint32_t lost = roster_.count(PeerState::Lost);
  for (Peer& peer : roster_.peers()) {
    if (peer.pending) {
      drop_pending(peer, RejectReason::Stopped, effects);
    }
    // Also who has not joined yet: it may be on its way, and would wait for a server long gone.
    if (peer.state != PeerState::Left) {
      tell(peer, Message{Stop{reason, lost, {}}, {}}, now, effects);
    }
  }
  // An outcome that an evaluation decided must not depend on later ones: two runs of a barrier
  // strategy may be caught at different versions. Any other outcome includes the last version.
  if (reason == StopReason::Patience || reason == StopReason::TargetAccuracy) {
    evaluations_.close();
  } else if (version_.value > 0 && !evaluations_.is_evaluated(version_)) {
    evaluations_.offer({version_, global_});
    schedule_evaluation(effects);
  }
}

void Server::finish_when_drained(Instant now, Effects& effects) {
  const bool is_late = now - draining_since_ > config_.liveness.drain_timeout;
  const bool all_gone = roster_.live_count() == 0 && roster_.count(PeerState::Joined) == 0;
  if ((all_gone || is_late) && evaluations_.is_idle()) {
    state_ = ServerState::Finished;
    effects.emplace_back(ServerFinished{stop_reason_});
  }
}

}  // namespace hermes::protocol
