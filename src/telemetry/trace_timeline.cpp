#include "hermes/telemetry/trace_timeline.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "hermes/telemetry/describe.hpp"
#include "telemetry/trace_event.hpp"

namespace hermes::telemetry {
namespace {

using trace::FlowPhase;
using trace::Time;

/// From another rank: neither negative nor beyond what the run can have taken.
Time time_within(double seconds, Time most) {
  if (!(seconds > 0.0)) {
    return 0;
  }
  return seconds * 1e9 < static_cast<double>(most) ? std::llround(seconds * 1e9) : most;
}

std::string args_of(const protocol::Report& report) {
  return fmt::format(R"("round":{},"kind":"{}","steps":{},"samples":{},"train_loss":{})",
                     report.round.value, name_of(report.kind), report.steps, report.samples,
                     trace::number_or_null(report.train_loss));
}

/// Where a round begins and ends, of which the track is drawn to `from` and the report came `now`.
std::pair<Time, Time> place_of(const protocol::Report& report, Time from, Time now) {
  constexpr double kRounding = 1.001;
  constexpr double kClock = 1e-6;
  const double work = report.work_seconds() + report.data_seconds;
  const Time most = std::max<Time>(now - from, 0);
  // Longer than since its permission: it was trained while the update before was under way.
  if (work > report.round_seconds * kRounding + kClock) {
    return {from, from + time_within(work, most)};
  }
  return {now - time_within(report.round_seconds, most), now};
}

/// What a round is made of.
void add_parts(Rank rank, const protocol::Report& report, Time begin, Time end, std::string& out) {
  const std::pair<std::string_view, double> parts[] = {
      {"data", report.data_seconds},
      {"compute", report.compute_seconds},
      {"evaluation", report.evaluation_seconds},
  };
  for (const auto& [name, seconds] : parts) {
    if (const Time length = time_within(seconds, end - begin); length > 0) {
      trace::add_span(out, rank, name, begin, begin + length);
      begin += length;
    }
  }
}

}  // namespace

TraceTimeline::TraceTimeline(std::uint32_t workers) : workers_(workers) {}

void TraceTimeline::begin(std::string& out) const {
  trace::add_track(out, kServerRank, "rank 0: server");
  for (std::uint32_t worker = 1; worker <= workers_; ++worker) {
    trace::add_track(out, Rank{static_cast<std::int32_t>(worker)},
                     "rank " + std::to_string(worker) + ": worker");
  }
}

void TraceTimeline::record(const protocol::Record& record, Instant now, std::string& out) {
  std::visit([&](const auto& alternative) { on(alternative, trace::time_of(now), out); }, record);
}

void TraceTimeline::server_span(std::string_view name, Instant begin, Instant end,
                                std::string& out) {
  trace::add_span(out, kServerRank, name, trace::time_of(begin), trace::time_of(end));
  merge_began_at_ = trace::time_of(begin);
}

TraceTimeline::Place TraceTimeline::place() const {
  Place place{.next_flow = next_flow_};
  for (const auto& [rank, track] : tracks_) {
    place.workers[rank] = {track.drawn_to, track.last_round};
  }
  return place;
}

void TraceTimeline::resume(const Place& place) {
  next_flow_ = place.next_flow;
  for (const auto& [rank, worker] : place.workers) {
    tracks_[rank].drawn_to = worker.drawn_to;
    tracks_[rank].last_round = worker.last_round;
  }
}

void TraceTimeline::on(const protocol::WorkerJoined& joined, Time now, std::string& out) {
  WorkerTrack& track = tracks_[joined.rank];
  if (track.drawn_to > 0 && now > track.drawn_to) {
    trace::add_span(out, joined.rank, "away", track.drawn_to, now);
  }
  track = {.is_open = true,
           .drawn_to = std::max(track.drawn_to, now),
           .is_waiting = true,
           .last_round = track.last_round};
}

void TraceTimeline::on(const protocol::WorkerRefused& refused, Time now, std::string& out) {
  trace::add_instant(out, refused.rank, "refused", now);
}

void TraceTimeline::on(const protocol::WorkerLost& lost, Time now, std::string& out) {
  trace::add_instant(out, lost.rank, "lost", now);
}

void TraceTimeline::on(const protocol::WorkerReturned& returned, Time now, std::string& out) {
  trace::add_instant(out, returned.rank, "returned", now);
}

void TraceTimeline::on(const protocol::WorkerLeft& left, Time now, std::string& out) {
  close(left.rank, tracks_[left.rank], now, out);
}

void TraceTimeline::on(const protocol::TrainingStarted& /*started*/, Time now, std::string& out) {
  trace::add_instant(out, kServerRank, "training started", now);
}

void TraceTimeline::on(const protocol::ReportAccepted& accepted, Time now, std::string& out) {
  const protocol::Report& report = accepted.report;
  const Rank rank = accepted.rank;
  WorkerTrack& track = tracks_[rank];
  if (report.round == track.last_round) {  // the push that a collect asked for
    draw_gap(rank, track, now, out);
  } else {
    const auto [begin, end] = place_of(report, track.drawn_to, now);
    draw_gap(rank, track, begin, out);
    trace::add_span(out, rank, "round", begin, end, args_of(report));
    add_parts(rank, report, begin, end, out);
    track.drawn_to = std::max(track.drawn_to, end);
    track.is_waiting = true;
    draw_gap(rank, track, now, out);
  }
  track.last_round = report.round;
  track.released_at.reset();
  track.is_waiting = report.kind != protocol::ReportKind::Suppressed;
  if (report.kind == protocol::ReportKind::Push) {
    draw_arrow(rank, track, std::nullopt, out);
    track.update = {.pushed_at = std::max<Time>(now - 1, 0)};  // within what is drawn
  }
}

void TraceTimeline::on(const protocol::ReportRejected& rejected, Time now, std::string& out) {
  if (WorkerTrack& track = tracks_[rejected.rank]; track.update && !track.update->merged_at) {
    track.update.reset();
  }
  trace::add_instant(out, rejected.rank, "rejected", now,
                     fmt::format(R"("reason":"{}")", to_string(rejected.reason)));
}

void TraceTimeline::on(const protocol::Merged& merged, Time now, std::string& /*out*/) {
  const Time at = std::exchange(merge_began_at_, std::nullopt).value_or(now);
  for (const protocol::MergedUpdate& update : merged.updates) {
    if (WorkerTrack& track = tracks_[update.rank]; track.update) {
      track.update->merged_at = std::max(at, track.update->pushed_at);
    }
  }
}

void TraceTimeline::on(const protocol::Released& released, Time now, std::string& out) {
  WorkerTrack& track = tracks_[released.rank];
  if (track.update && track.update->merged_at) {
    draw_arrow(released.rank, track, now, out);
  }
  track.released_at = now;
}

void TraceTimeline::on(const protocol::Evaluation& evaluation, Time now, std::string& out) {
  trace::add_instant(out, kServerRank, evaluation.best ? "best model" : "evaluated", now,
                     fmt::format(R"("version":{},"loss":{},"accuracy":{})",
                                 evaluation.version.value, trace::number_or_null(evaluation.loss),
                                 trace::number_or_null(evaluation.accuracy)));
}

void TraceTimeline::on(const protocol::AssignmentChanged& changed, Time now, std::string& out) {
  trace::add_instant(out, changed.rank, "assignment", now,
                     fmt::format(R"("rows":{},"minibatch":{})", changed.assignment.shard_rows,
                                 changed.assignment.minibatch));
}

void TraceTimeline::on(const protocol::StopDecided& stop, Time now, std::string& out) {
  trace::add_instant(out, kServerRank, "stop", now,
                     fmt::format(R"("reason":"{}")", to_string(stop.reason)));
}

/// Between a report and the next round: held by the server, then the way there and back.
void TraceTimeline::draw_gap(Rank rank, WorkerTrack& track, Time to, std::string& out) {
  const Time from = track.drawn_to;
  const Time wire_from = std::clamp(track.released_at.value_or(track.is_waiting ? to : from), from,
                                    std::max(from, to));
  if (wire_from > from) {
    trace::add_span(out, rank, "waiting", from, wire_from);
  }
  if (to > wire_from) {
    trace::add_span(out, rank, "wire", wire_from, to);
  }
  track.drawn_to = std::max(from, to);
}

/// Only once both ends are known, so that no arrow ends nowhere.
void TraceTimeline::draw_arrow(Rank rank, WorkerTrack& track, std::optional<Time> released_at,
                               std::string& out) {
  const std::optional<PushedUpdate> update = std::exchange(track.update, std::nullopt);
  if (!update || !update->merged_at) {
    return;
  }
  const std::uint64_t id = next_flow_++;
  trace::add_flow(out, FlowPhase::Start, id, rank, update->pushed_at);
  trace::add_flow(out, released_at ? FlowPhase::Step : FlowPhase::Finish, id, kServerRank,
                  *update->merged_at);
  if (released_at) {
    trace::add_flow(out, FlowPhase::Finish, id, rank, std::max(*released_at, *update->merged_at));
  }
}

void TraceTimeline::close(Rank rank, WorkerTrack& track, Time now, std::string& out) {
  if (!std::exchange(track.is_open, false)) {
    return;
  }
  draw_arrow(rank, track, std::nullopt, out);
  const Time begin = track.is_waiting ? track.released_at.value_or(now) : track.drawn_to;
  draw_gap(rank, track, std::clamp(begin, track.drawn_to, std::max(track.drawn_to, now)), out);
  if (now > track.drawn_to) {
    trace::add_span(out, rank, "unfinished round", track.drawn_to, now);
    track.drawn_to = now;
  }
}

void TraceTimeline::finish(Instant now, std::string& out) {
  for (auto& [rank, track] : tracks_) {
    close(rank, track, trace::time_of(now), out);
  }
}

}  // namespace hermes::telemetry
