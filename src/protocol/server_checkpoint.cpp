// The server's checkpoints: when the states of server and workers fit together, what is saved, and
// how a run goes on from it.
#include <algorithm>
#include <cmath>
#include <utility>

#include "hermes/core/state_archive.hpp"
#include "hermes/protocol/message_fields.hpp"
#include "hermes/protocol/server.hpp"

namespace hermes::protocol {

/// What outlives the run that wrote it. Which process it was, and when it was last heard, does not.
template <class Archive>
void serialize(Archive& archive, Update& update, unsigned) {
  fields(archive, update.rank, update.base);
  enumerator(archive, update.kind, PayloadKind::Displacement, "payload kind");
  fields(archive, update.payload, update.loss, update.is_ready, update.samples, update.staleness);
}

template <class Archive>
void serialize(Archive& archive, Peer& peer, unsigned) {
  enumerator(archive, peer.state, PeerState::Left, "state of a worker");
  fields(archive, peer.ticket, peer.clock, peer.reported, peer.pulled, peer.assignment, peer.plan,
         peer.last_report, peer.pending, peer.released_at, peer.reported_at);
}

namespace {

/// A checkpoint that is due waits for workers' states as long as this many checkpoints are apart.
constexpr double kIntervalsToWait = 10.0;

/// Worker and update as they can have been when they were saved.
bool is_sound(const Peer& peer, const PartitionConfig& partition) {
  const Assignment& own = peer.assignment;
  if (peer.ticket.value == 0) {
    return own == Assignment{} && !peer.pending;
  }
  const bool has_rows = own.shard_rows > 0 && own.minibatch > 0 && own.minibatch <= kMinibatchMax;
  const bool has_plan =
      peer.plan.rounds > 0 && std::isfinite(peer.plan.box_seconds) && peer.plan.box_seconds >= 0.0;
  const bool has_times = std::isfinite(peer.released_at.time_since_epoch().count()) &&
                         std::isfinite(peer.reported_at.time_since_epoch().count());
  return has_rows && has_plan && has_times && (!peer.pending || peer.pending->samples > 0) &&
         own ==
             make_assignment(partition, peer.rank, {own.shard_rows, own.minibatch}, own.generation);
}

}  // namespace

void Server::begin_capture(Instant now, Effects& effects) {
  capturing_since_ = now;
  for (Peer& peer : roster_.peers()) {
    if (peer.is_live()) {
      tell(peer, Message{Capture{true}, {}}, now, effects);
    }
  }
}

/// For each live worker the state after its last accepted report must be known. Until then all of
/// them send it with every report, so that nobody has to wait for the slowest. At a barrier all
/// have reported, and the run that goes on is the same bit for bit.
void Server::save_when_captured(Instant now, Effects& effects) {
  if (!capturing_since_) {
    return;
  }
  const auto is_known = [](const Peer& peer) { return !peer.is_live() || peer.is_captured(); };
  const bool is_complete = std::ranges::all_of(roster_.peers(), is_known) &&
                           (!strategy_.release->is_barrier() || roster_.all_live_waiting());
  const CheckpointConfig& config = config_.checkpoint;
  const Duration patience = stop_after_saving_
                                ? config.patience
                                : std::max(config.patience, kIntervalsToWait * config.every);
  const bool is_urgent = now - *capturing_since_ > patience;
  if (!is_complete && !is_urgent) {
    return;
  }
  save(effects);
  capturing_since_.reset();
  last_saved_ = now;
  if (stop_after_saving_) {
    drain(*stop_after_saving_, now, effects);
    return;
  }
  for (Peer& peer : roster_.peers()) {
    if (peer.is_live()) {
      tell(peer, Message{Capture{false}, {}}, now, effects);
    }
  }
}

void Server::save(Effects& effects) {
  SaveCheckpoint effect{version_, global_, {}, {}};
  StateWriter state;
  state& version_& global_& global_loss_& training_since_;
  evaluations_.save(state);
  for (const Peer& peer : roster_.peers()) {
    state& peer;
    if (peer.is_captured()) {
      effect.captured.push_back(peer.rank);
    }
  }
  strategy_.release->save(state);
  strategy_.merge->save(state);
  strategy_.allocation->save(state);
  effect.state = std::move(state).take();
  effects.emplace_back(std::move(effect));
}

void Server::resume(std::span<const std::byte> bytes) {
  StateReader state(bytes);
  state& version_& global_& global_loss_& training_since_;
  evaluations_.load(state);
  for (Peer& peer : roster_.peers()) {
    const Rank rank = peer.rank;
    state& peer;
    peer.rank = rank;
    StateReader::expect(is_sound(peer, config_.partition), "workers as they were saved");
    const bool was_waiting = peer.state == PeerState::Waiting || peer.state == PeerState::Measuring;
    peer.lost_in = !peer.is_captured() ? PeerState::Expected
                   : was_waiting       ? PeerState::Waiting
                                       : PeerState::Computing;
    peer.state = PeerState::Expected;
    if (peer.lost_in == PeerState::Expected) {
      peer.reported = Round{};  // a new process counts from the start
      peer.last_report = {};
    }
  }
  strategy_.release->load(state);
  strategy_.merge->load(state);
  strategy_.allocation->load(state);
  state.expect_end();
  const auto fits = [&](const SharedParameters& values) {
    return values.size() == initial_.size();
  };
  const auto has_fitting_update = [&](const Peer& peer) {
    return !peer.pending || fits(peer.pending->payload);
  };
  if (!fits(global_) || !std::ranges::all_of(roster_.peers(), has_fitting_update)) {
    throw DecodeError("state: expected " + std::to_string(initial_.size()) + " parameters, found " +
                      std::to_string(global_.size()));
  }
  is_resumed_ = true;
}

/// The first release of a worker; or, in a run that goes on, where its own state says that it is.
void Server::start(Peer& peer, Instant now, Effects& effects) {
  const PeerState before = std::exchange(peer.lost_in, PeerState::Expected);
  if (before == PeerState::Waiting) {
    peer.state = PeerState::Waiting;
    if (peer.pending && !peer.pending->is_ready) {
      measure(peer, effects);
    }
    return;
  }
  // Who held its update back goes on from its own model.
  const bool keeps_model =
      before == PeerState::Computing && peer.last_report.kind == ReportKind::Suppressed;
  release(peer, !keeps_model, strategy_.release->first_plan(now), now, effects);
}

}  // namespace hermes::protocol
