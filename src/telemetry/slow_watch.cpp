#include "hermes/telemetry/slow_watch.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

#include "hermes/telemetry/human_units.hpp"

namespace hermes::telemetry {
namespace {

constexpr double kFactor = 2.0;
constexpr double kNoiseSeconds = 0.02;
constexpr std::uint32_t kRoundsInARow = 3;
constexpr std::size_t kHistory = 16;
constexpr std::size_t kRhythm = 4;  // rounds after which it is known
constexpr double kLateFactor = 4.0;
constexpr Duration kLateAtLeast = seconds(1.0);
constexpr double kSilentHeartbeats = 3.0;
constexpr Duration kLookInterval = seconds(0.25);

double median(const std::deque<double>& values) {
  std::vector<double> sorted(values.begin(), values.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return sorted.empty() ? 0.0 : *middle;
}

void add(std::deque<double>& history, double value) {
  history.push_back(value);
  if (history.size() > kHistory) {
    history.pop_front();
  }
}

/// Rounds may be far shorter than what people count time in.
std::string seconds_text(double value) {
  return fmt::format("{:.3g} s", value);
}

std::string slow_text(Rank rank, Slowness why, const RoundTimes& round, const RoundTimes& usual) {
  const auto text = [&](std::string_view what, double now, double before) {
    return fmt::format("worker {} is slow: {} takes {} a round instead of {}", rank.value, what,
                       seconds_text(now), seconds_text(before));
  };
  switch (why) {
    case Slowness::Compute:
      return text("computing", round.compute_seconds, usual.compute_seconds);
    case Slowness::Data:
      return text("waiting for data", round.data_seconds, usual.data_seconds);
    case Slowness::Network:
      return text("the network", round.network_seconds, usual.network_seconds);
    case Slowness::None:
      break;
  }
  return fmt::format("worker {} is as fast as usual again", rank.value);
}

}  // namespace

Slowness slowness_of(const RoundTimes& round, const RoundTimes& usual) {
  if (!(round.total() > kFactor * usual.total() && round.total() > usual.total() + kNoiseSeconds)) {
    return Slowness::None;
  }
  const double compute = round.compute_seconds - usual.compute_seconds;
  const double data = round.data_seconds - usual.data_seconds;
  const double network = round.network_seconds - usual.network_seconds;
  if (compute >= data && compute >= network) {
    return Slowness::Compute;
  }
  return data >= network ? Slowness::Data : Slowness::Network;
}

bool SlowWatch::Worker::has_rhythm() const {
  return compute_per_sample.size() >= kRhythm;
}

RoundTimes SlowWatch::Worker::usual(std::uint64_t samples) const {
  return {.compute_seconds = median(compute_per_sample) * static_cast<double>(samples),
          .data_seconds = median(data),
          .network_seconds = median(network)};
}

void SlowWatch::heard(Rank rank, Instant now) {
  workers_[rank].heard_at = now;
}

std::vector<std::string> SlowWatch::record(const protocol::Record& record, Instant now) {
  if (const auto* accepted = std::get_if<protocol::ReportAccepted>(&record)) {
    if (std::optional<std::string> line = on_report(*accepted, now)) {
      return {std::move(*line)};
    }
  } else if (const auto* released = std::get_if<protocol::Released>(&record)) {
    workers_[released->rank].permitted_at = now;
  } else if (const auto* lost = std::get_if<protocol::WorkerLost>(&record)) {
    workers_.erase(lost->rank);
  } else if (const auto* left = std::get_if<protocol::WorkerLeft>(&record)) {
    workers_.erase(left->rank);
  } else if (std::holds_alternative<protocol::StopDecided>(record)) {
    workers_.clear();  // nobody owes anything any more
  }
  return {};
}

std::optional<std::string> SlowWatch::on_report(const protocol::ReportAccepted& accepted,
                                                Instant now) {
  const protocol::Report& report = accepted.report;
  Worker& worker = workers_[accepted.rank];
  const std::optional<Instant> permitted_at = std::exchange(worker.permitted_at, std::nullopt);
  if (report.kind == protocol::ReportKind::Suppressed) {
    worker.permitted_at = now;
  }
  worker.is_late = false;
  if (!permitted_at || report.samples == 0) {
    return std::nullopt;
  }
  const RoundTimes round{
      .compute_seconds = report.work_seconds(),
      .data_seconds = report.data_seconds,
      .network_seconds = std::max((now - *permitted_at).count() - report.round_seconds, 0.0)};
  if (!worker.has_rhythm()) {
    learn(worker, round, report.samples);
    return std::nullopt;
  }
  const RoundTimes usual = worker.usual(report.samples);
  const Slowness found = slowness_of(round, usual);
  if (found == Slowness::None) {
    learn(worker, round, report.samples);
  }
  worker.suspected_rounds = found == worker.suspected ? worker.suspected_rounds + 1 : 1;
  worker.suspected = found;
  if (found == worker.said || worker.suspected_rounds < kRoundsInARow) {
    return std::nullopt;
  }
  worker.said = found;
  return slow_text(accepted.rank, found, round, usual);
}

void SlowWatch::learn(Worker& worker, const RoundTimes& round, std::uint64_t samples) {
  add(worker.compute_per_sample, round.compute_seconds / static_cast<double>(samples));
  add(worker.data, round.data_seconds);
  add(worker.network, round.network_seconds);
  worker.usual_seconds = worker.usual(samples).total();
}

std::vector<std::string> SlowWatch::tick(Instant now) {
  const Duration since = now - looked_at_.value_or(now);
  if (looked_at_ && since < kLookInterval) {
    return {};
  }
  looked_at_ = now;
  std::vector<std::string> lines;
  for (auto& [rank, worker] : workers_) {
    if (since > kLateAtLeast && worker.heard_at) {
      worker.heard_at = now;  // it was the server that was away
    }
    if (!worker.permitted_at || worker.is_late || !worker.has_rhythm()) {
      continue;
    }
    const Duration owed = now - *worker.permitted_at;
    // Whoever was silent all that time has been so for longer than heartbeats explain.
    const Duration told_apart = (kSilentHeartbeats + 1.0) * heartbeat_;
    if (owed < std::max(kLateAtLeast, told_apart) ||
        owed.count() < kLateFactor * worker.usual_seconds) {
      continue;
    }
    worker.is_late = true;
    const Duration silent = now - worker.heard_at.value_or(now);
    const std::string why =
        silent > kSilentHeartbeats * heartbeat_
            ? "silent for " + human_duration(silent) + " (network, or its process stands still)"
            : "but sends heartbeats (computing, or waiting for data)";
    lines.push_back(
        fmt::format("worker {} is late: {} since its last release or report, usually "
                    "{}; {}",
                    rank.value, human_duration(owed), seconds_text(worker.usual_seconds), why));
  }
  return lines;
}

}  // namespace hermes::telemetry
