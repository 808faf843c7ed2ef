// The server and its workers one by one: joining, reports, silence, return, farewell.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "hermes/core/vector_ops.hpp"
#include "hermes/protocol/server.hpp"

namespace hermes::protocol {
namespace {

/// So many reports in a row that cannot be read or do not fit are no accident of the network: their
/// sender is of no use, and nobody shall wait for it at a barrier.
constexpr std::uint32_t kMalformedInARow = 16;

/// Empty when a worker agrees with the server on all of them.
std::string differing_trait(const std::vector<std::uint64_t>& found,
                            const std::vector<RunTrait>& expected) {
  if (found.size() != expected.size()) {
    return "another configuration: expected " + std::to_string(expected.size()) +
           " traits of a run, found " + std::to_string(found.size());
  }
  std::string differing;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] != expected[i].hash) {
      differing += (differing.empty() ? "" : ", ") + expected[i].name;
    }
  }
  return differing.empty() ? "" : "differs from the server in: " + differing;
}

/// Empty when the worker fits the run; else one line that says why not.
std::string misfit(const Join& join, const ServerConfig& config, std::size_t parameters) {
  if (join.program_version != config.program_version) {
    return "another version of hermes: expected " + config.program_version + ", found " +
           join.program_version;
  }
  if (join.parameter_count != parameters) {
    return "another model: expected " + std::to_string(parameters) + " parameters, found " +
           std::to_string(join.parameter_count);
  }
  return differing_trait(join.trait_hashes, config.traits);
}

bool is_duration(double value) {
  return std::isfinite(value) && value >= 0.0;
}

/// A push carries what the strategy merges; everything else carries nothing.
bool is_well_formed(const Report& report, const SharedParameters& payload, PayloadKind expected,
                    std::size_t parameters) {
  if (report.steps == 0 || report.samples == 0 || !is_duration(report.compute_seconds) ||
      !is_duration(report.evaluation_seconds) || !is_duration(report.data_seconds) ||
      !is_duration(report.round_seconds)) {
    return false;
  }
  if (report.kind == ReportKind::Push) {
    return report.payload == expected && payload.size() == parameters && report.push_samples > 0;
  }
  return report.payload == PayloadKind::None && payload.empty();
}

/// Payloads with larger values count as not finite: finite ones could add up to infinity.
constexpr float kPayloadValueMax = 1e30F;

bool is_finite(const Report& report, const SharedParameters& payload) {
  return report.kind == ReportKind::Pull ||
         (std::isfinite(report.validation_loss) && all_within(payload, kPayloadValueMax));
}

}  // namespace

void Server::on(const WorkerSaid& event, Instant now, Effects& effects) {
  if (!roster_.contains(event.from)) {
    return;
  }
  Peer& peer = roster_.at(event.from);
  if (peer.state == PeerState::Left) {
    return;
  }
  peer.silence.heard(now);
  const MessageBody& body = event.message.body;
  if (const auto* join = std::get_if<Join>(&body)) {
    on_join(peer, *join, now, effects);
    return;
  }
  if (const auto* leave = std::get_if<Leave>(&body)) {
    on_leave(peer, *leave, effects);
    if (state_ != ServerState::Draining && leave->reason == StopReason::BadInput) {
      drain(StopReason::BadInput, now, effects);
    }
    return;
  }
  if (peer.state == PeerState::Expected) {
    reject(peer, RejectReason::Malformed, !event.message.payload.empty(), effects);
    return;
  }
  if (const auto* report = std::get_if<Report>(&body)) {
    on_report(peer, *report, event.message.payload, now, effects);
  } else if (!std::holds_alternative<Heartbeat>(body)) {
    reject(peer, RejectReason::Malformed, !event.message.payload.empty(), effects);
  }
  if (peer.state == PeerState::Lost) {
    effects.emplace_back(Note{WorkerReturned{peer.rank}});
    if (peer.lost_in == PeerState::Waiting) {
      // Its report arrived before it fell silent. A release of its own would let it run ahead of
      // a barrier; the rule releases it as it would have done.
      if (const std::optional<Round> start = roster_.slowest_start()) {
        peer.clock = std::max(peer.clock, start->next());
      }
      peer.state = PeerState::Waiting;
    } else if (state_ == ServerState::Training) {
      reissue(peer, now, effects);
    } else if (state_ == ServerState::Gathering) {
      peer.state = PeerState::Joined;
    } else {
      peer.state = PeerState::Computing;  // it was told to stop and has yet to answer
    }
  }
}

void Server::on(const WorkerGarbled& event, Instant now, Effects& effects) {
  if (!roster_.contains(event.from)) {
    return;
  }
  Peer& peer = roster_.at(event.from);
  if (peer.state == PeerState::Expected && !event.other_version.empty()) {
    refuse(peer, "another version of hermes: " + event.other_version, now, effects);
    return;
  }
  // It may have been the report that its sender now waits on.
  const bool may_wait = peer.state == PeerState::Computing || peer.state == PeerState::Collecting;
  if (state_ == ServerState::Training && may_wait) {
    turn_down(peer, false, now, effects);
  } else {
    reject(peer, RejectReason::Malformed, false, effects);
  }
}

void Server::on_join(Peer& peer, const Join& join, Instant now, Effects& effects) {
  peer.memory_budget = join.memory_budget;
  std::string why = misfit(join, config_, initial_.size());
  if (why.empty() && strategy_.allocation->initial(peer).rows == 0) {
    why = "no memory for a single row of data beside a mini-batch";
  }
  if (!why.empty()) {
    refuse(peer, why, now, effects);
    return;
  }
  effects.emplace_back(Note{WorkerJoined{peer.rank}});
  if (state_ == ServerState::Gathering) {
    peer.state = PeerState::Joined;
  } else if (state_ == ServerState::Training) {
    peer.reported = Round{};  // a new process counts from the start
    peer.last_report.captured = false;
    reissue(peer, now, effects);
    if (capturing_since_) {
      tell(peer, Message{Capture{true}, {}}, now, effects);
    }
  } else {
    peer.state = PeerState::Computing;
    tell(peer, Message{Stop{stop_reason_, roster_.count(PeerState::Lost), {}}, {}}, now, effects);
  }
}

void Server::on_report(Peer& peer, const Report& report, const SharedParameters& payload,
                       Instant now, Effects& effects) {
  const bool had_payload = !payload.empty();
  const bool is_collected = peer.state == PeerState::Collecting;
  const bool is_due = peer.state == PeerState::Computing || is_collected;
  if (state_ != ServerState::Training) {
    reject(peer, RejectReason::Stopped, had_payload, effects);
    return;
  }
  if (!is_due || report.ticket != peer.ticket) {
    reject(peer, RejectReason::Late, had_payload, effects);
    return;
  }
  const bool is_in_order = is_collected
                               ? report.kind == ReportKind::Push && report.round == peer.reported
                               : report.round > peer.reported;
  if (!is_in_order || report.base != peer.pulled ||
      !is_well_formed(report, payload, strategy_.merge->payload(), initial_.size())) {
    turn_down(peer, had_payload, now, effects);
    return;
  }
  peer.malformed = 0;
  if (!is_collected) {
    peer.clock = peer.clock.next();
  }
  peer.reported = report.round;
  peer.last_report = report;
  peer.reported_at = now;
  peer.state = report.kind == ReportKind::Suppressed ? PeerState::Computing : PeerState::Waiting;
  if (!is_finite(report, payload)) {
    // The worker waits all the same, and goes on from the global model. Its state counts only with
    // a report that does.
    peer.state = PeerState::Waiting;
    peer.last_report.captured = false;
    reject(peer, RejectReason::NonFinite, had_payload, effects);
    return;
  }
  effects.emplace_back(Note{ReportAccepted{peer.rank, report}});
  if (report.kind == ReportKind::Push) {
    peer.pending = Update{.rank = peer.rank,
                          .base = report.base,
                          .kind = report.payload,
                          .payload = payload,
                          .loss = report.validation_loss,
                          .samples = report.push_samples};
    if (strategy_.merge->needs_update_loss()) {
      measure(peer, effects);
    }
  }
  if (!is_collected) {
    strategy_.allocation->observe(roster_, peer);
  }
}

void Server::on_leave(Peer& peer, const Leave& leave, Effects& effects) {
  peer.state = PeerState::Left;
  effects.emplace_back(Note{WorkerLeft{peer.rank, leave}});
}

void Server::watch_silence(Instant now, Effects& effects) {
  for (Peer& peer : roster_.peers()) {
    const bool is_watched = peer.is_live() || peer.state == PeerState::Joined;
    if (is_watched && peer.silence.is_overdue(now)) {
      peer.lost_in = peer.state;
      peer.state = PeerState::Lost;
      effects.emplace_back(Note{WorkerLost{peer.rank, peer.silence.silent(now)}});
    }
  }
}

void Server::send_heartbeats(Instant now, Effects& effects) {
  for (Peer& peer : roster_.peers()) {
    const bool is_listening = peer.is_live() || peer.state == PeerState::Joined;
    if (is_listening && now - peer.last_sent >= config_.liveness.heartbeat) {
      tell(peer, Message{Heartbeat{}, {}}, now, effects);
    }
  }
}

/// Sets a worker on its feet again whatever it was doing: a new ticket and the global model.
void Server::reissue(Peer& peer, Instant now, Effects& effects) {
  if (peer.pending) {
    drop_pending(peer, RejectReason::Late, effects);
  }
  // Nobody waits until it has made up for what it missed: it takes part in the present round.
  if (const std::optional<Round> start = roster_.slowest_start()) {
    peer.clock = std::max(peer.clock, *start);
  }
  release(peer, true, strategy_.release->first_plan(now), now, effects);
}

/// A report that cannot be used, of a worker that waits for what comes of it.
void Server::turn_down(Peer& peer, bool had_payload, Instant now, Effects& effects) {
  reject(peer, RejectReason::Malformed, had_payload, effects);
  if (++peer.malformed < kMalformedInARow) {
    reissue(peer, now, effects);
  } else {
    refuse(peer, std::to_string(kMalformedInARow) + " reports in a row that cannot be used", now,
           effects);
  }
}

void Server::tell(Peer& peer, Message message, Instant now, Effects& effects) {
  peer.last_sent = now;
  effects.emplace_back(TellWorker{peer.rank, std::move(message)});
}

void Server::refuse(Peer& peer, const std::string& why, Instant now, Effects& effects) {
  peer.state = PeerState::Left;
  effects.emplace_back(Note{WorkerRefused{peer.rank, why}});
  tell(peer, Message{Stop{StopReason::Refused, 0, why}, {}}, now, effects);
}

void Server::reject(const Peer& peer, RejectReason reason, bool had_payload, Effects& effects) {
  effects.emplace_back(Note{ReportRejected{peer.rank, reason, had_payload}});
}

}  // namespace hermes::protocol
