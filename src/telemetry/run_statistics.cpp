#include "hermes/telemetry/run_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "hermes/protocol/message.hpp"

#include "hermes/core/state_archive.hpp"
#include "hermes/protocol/message_fields.hpp"

namespace hermes::telemetry {
namespace {

std::string_view name_of(WorkerStanding standing) {
  switch (standing) {
    case WorkerStanding::Expected:
      return "expected";
    case WorkerStanding::Joined:
      return "joined";
    case WorkerStanding::Training:
      return "training";
    case WorkerStanding::Lost:
      return "lost";
    case WorkerStanding::Left:
      return "left";
    case WorkerStanding::Refused:
      return "refused";
  }
  return "unknown";
}

double finite_or_zero(double value) {
  return std::isfinite(value) ? value : 0.0;
}

/// Times that come from another rank.
void make_finite(protocol::WorkerTotals& totals) {
  for (double* seconds : {&totals.compute_seconds, &totals.evaluation_seconds, &totals.data_seconds,
                          &totals.wait_seconds, &totals.wire_seconds, &totals.run_seconds}) {
    *seconds = finite_or_zero(*seconds);
  }
}

template <class Archive, class Work>
void work_fields(Archive& state, Work& work) {
  state& work.merging& work.evaluating& work.data& work.messages& work.waiting& work.busy;
}

}  // namespace

RunStatistics::RunStatistics(RunFacts facts) : facts_(std::move(facts)) {
  for (std::uint32_t i = 1; i <= facts_.workers; ++i) {
    workers_[Rank{static_cast<std::int32_t>(i)}] = {};
  }
}

void RunStatistics::record(const protocol::Record& record, Instant now, const ByteCounters& bytes) {
  bytes_ = bytes;
  std::visit([&](const auto& alternative) { on(alternative, now); }, record);
}

void RunStatistics::on(const protocol::WorkerJoined& joined, Instant now) {
  WorkerAccount& worker = workers_[joined.rank];
  worker.standing = training_since_ ? WorkerStanding::Training : WorkerStanding::Joined;
  worker.joined_at = worker.joined_at.value_or(now);
  worker.ended_at.reset();
  worker.permitted_at.reset();
}

void RunStatistics::on(const protocol::WorkerRefused& refused, Instant /*now*/) {
  workers_[refused.rank].standing = WorkerStanding::Refused;
}

void RunStatistics::on(const protocol::WorkerLost& lost, Instant now) {
  WorkerAccount& worker = workers_[lost.rank];
  worker.standing = WorkerStanding::Lost;
  worker.ended_at = now;
  worker.was_lost = true;
}

void RunStatistics::on(const protocol::WorkerReturned& returned, Instant /*now*/) {
  WorkerAccount& worker = workers_[returned.rank];
  worker.standing = training_since_ ? WorkerStanding::Training : WorkerStanding::Joined;
  worker.has_returned = true;
  worker.ended_at.reset();
}

void RunStatistics::on(const protocol::WorkerLeft& left, Instant now) {
  WorkerAccount& worker = workers_[left.rank];
  worker.ended_at = now;
  if (worker.standing != WorkerStanding::Refused) {
    worker.standing = WorkerStanding::Left;
  }
  // The worker also knows of rounds whose reports were rejected or never arrived.
  if (left.leave.totals.rounds >= worker.totals.rounds) {
    worker.totals = left.leave.totals;
    make_finite(worker.totals);
  }
}

void RunStatistics::on(const protocol::TrainingStarted& /*started*/, Instant now) {
  training_since_ = training_since_.value_or(now);
  for (auto& [rank, worker] : workers_) {
    if (worker.standing == WorkerStanding::Joined) {
      worker.standing = WorkerStanding::Training;
    }
  }
}

void RunStatistics::on(const protocol::ReportAccepted& accepted, Instant now) {
  const protocol::Report& report = accepted.report;
  WorkerAccount& worker = workers_[accepted.rank];
  const Instant permitted_at = std::exchange(worker.permitted_at, now).value_or(now);
  worker.totals.pushes += report.kind == protocol::ReportKind::Push ? 1 : 0;
  worker.totals.suppressed += report.kind == protocol::ReportKind::Suppressed ? 1 : 0;
  if (report.round == worker.last_round) {
    return;  // the push that a Collect asked for; its vote has told of the round
  }
  worker.last_round = report.round;
  ++worker.totals.rounds;
  worker.totals.steps += report.steps;
  worker.totals.samples += report.samples;
  worker.totals.compute_seconds += finite_or_zero(report.compute_seconds);
  worker.totals.evaluation_seconds += finite_or_zero(report.evaluation_seconds);
  worker.totals.data_seconds += finite_or_zero(report.data_seconds);
  const double away = (now - permitted_at).count();
  worker.totals.wire_seconds += std::max(away - finite_or_zero(report.round_seconds), 0.0);
}

void RunStatistics::on(const protocol::ReportRejected& rejected, Instant /*now*/) {
  ++rejected_reports_[rejected.reason];
  // Bad bytes and bad numbers count even where nobody can tell whether they were a payload.
  const bool is_bad = rejected.reason == protocol::RejectReason::NonFinite ||
                      rejected.reason == protocol::RejectReason::Malformed;
  rejected_updates_ += rejected.had_payload || is_bad ? 1 : 0;
}

void RunStatistics::on(const protocol::Merged& merged, Instant /*now*/) {
  ++merges_;
  for (const protocol::MergedUpdate& update : merged.updates) {
    ++staleness_[update.staleness];
  }
}

void RunStatistics::on(const protocol::Released& released, Instant now) {
  WorkerAccount& worker = workers_[released.rank];
  worker.totals.wait_seconds += finite_or_zero(released.waited.count());
  worker.permitted_at = now;
}

void RunStatistics::on(const protocol::Evaluation& evaluation, Instant now) {
  last_evaluation_ = evaluation;
  if (std::isfinite(evaluation.loss)) {
    best_loss_ = std::min(best_loss_.value_or(evaluation.loss), evaluation.loss);
  }
  if (!std::isfinite(evaluation.accuracy)) {
    return;
  }
  best_accuracy_ = std::max(best_accuracy_.value_or(evaluation.accuracy), evaluation.accuracy);
  const bool has_target = facts_.target_accuracy > 0.0;
  if (has_target && !target_reached_at_ && evaluation.accuracy >= facts_.target_accuracy) {
    target_reached_at_ = now;
    bytes_to_target_ = bytes_.total();
  }
}

void RunStatistics::on(const protocol::AssignmentChanged& /*changed*/, Instant /*now*/) {}

void RunStatistics::on(const protocol::StopDecided& stop, Instant now) {
  if (!stop_reason_) {
    stop_reason_ = stop.reason;
    stopped_at_ = now;
  }
}

void RunStatistics::count_work(const ServerWork& work) {
  server_work_ += work;
  if (training_since_ && !stopped_at_) {
    server_busy_ += work.busy;
  }
}

void RunStatistics::save(StateWriter& state) const {
  state& std::uint64_t{workers_.size()};
  for (const auto& [rank, worker] : workers_) {
    state& rank& worker.totals& worker.last_round& worker.was_lost& worker.has_returned& worker
        .joined_at;
  }
  state& std::uint64_t{rejected_reports_.size()};
  for (const auto& [reason, count] : rejected_reports_) {
    state& static_cast<std::uint8_t>(reason) & count;
  }
  state& bytes_.up& bytes_.down& bytes_.data& bytes_.messages_up& bytes_
      .messages_down& staleness_& merges_& rejected_updates_& training_since_& best_loss_&
          best_accuracy_& target_reached_at_& bytes_to_target_& server_busy_;
  work_fields(state, server_work_);
}

void RunStatistics::load(StateReader& state) {
  workers_.clear();
  for (std::size_t left = state.load_count(1); left > 0; --left) {
    Rank rank;
    state& rank;
    WorkerAccount& worker = workers_[rank];
    state& worker.totals& worker.last_round& worker.was_lost& worker.has_returned& worker.joined_at;
  }
  rejected_reports_.clear();
  for (std::size_t left = state.load_count(1); left > 0; --left) {
    auto reason = protocol::RejectReason::Late;
    enumerator(state, reason, protocol::RejectReason::Stale, "reason of a rejection");
    state& rejected_reports_[reason];
  }
  state& bytes_.up& bytes_.down& bytes_.data& bytes_.messages_up& bytes_
      .messages_down& staleness_& merges_& rejected_updates_& training_since_& best_loss_&
          best_accuracy_& target_reached_at_& bytes_to_target_& server_busy_;
  work_fields(state, server_work_);
}

std::uint32_t RunStatistics::alive_count() const {
  const auto alive = std::count_if(workers_.begin(), workers_.end(), [](const auto& entry) {
    const WorkerStanding standing = entry.second.standing;
    return standing == WorkerStanding::Joined || standing == WorkerStanding::Training;
  });
  return static_cast<std::uint32_t>(alive);
}

std::uint64_t RunStatistics::sum(std::uint64_t protocol::WorkerTotals::*count) const {
  std::uint64_t total = 0;
  for (const auto& [rank, worker] : workers_) {
    total += worker.totals.*count;
  }
  return total;
}

std::uint64_t RunStatistics::rounds() const {
  return sum(&protocol::WorkerTotals::rounds);
}

std::uint64_t RunStatistics::pushes() const {
  return sum(&protocol::WorkerTotals::pushes);
}

std::uint64_t RunStatistics::samples() const {
  return sum(&protocol::WorkerTotals::samples);
}

std::uint64_t RunStatistics::fastest_rounds() const {
  std::uint64_t fastest = 0;
  for (const auto& [rank, worker] : workers_) {
    fastest = std::max(fastest, worker.totals.rounds);
  }
  return fastest;
}

Duration RunStatistics::training_time(Instant now) const {
  return training_since_ ? stopped_at_.value_or(now) - *training_since_ : Duration::zero();
}

std::optional<StalenessSummary> RunStatistics::staleness() const {
  if (staleness_.empty()) {
    return std::nullopt;
  }
  std::uint64_t count = 0;
  for (const auto& [lag, updates] : staleness_) {
    count += updates;
  }
  // The value at 0-based place `place` of the sorted list of all updates.
  const auto at = [&](std::uint64_t place) {
    for (const auto& [lag, updates] : staleness_) {
      if (place < updates) {
        return static_cast<double>(lag);
      }
      place -= updates;
    }
    return 0.0;
  };
  StalenessSummary summary;
  summary.median = (at((count - 1) / 2) + at(count / 2)) / 2.0;
  summary.max = staleness_.rbegin()->first;
  summary.histogram = staleness_;
  return summary;
}

RankTimes RunStatistics::times_of(const WorkerAccount& worker, Instant now) const {
  const protocol::WorkerTotals& totals = worker.totals;
  const Instant end = worker.ended_at.value_or(now);
  const double seen = (end - worker.joined_at.value_or(end)).count();
  return {.seconds = totals.run_seconds > 0.0 ? totals.run_seconds : seen,
          .compute_seconds = totals.compute_seconds,
          .evaluation_seconds = totals.evaluation_seconds,
          .data_seconds = totals.data_seconds,
          .waited_seconds = totals.wait_seconds,
          .wire_seconds = totals.wire_seconds};
}

void RunStatistics::add_workers(RunSummary& summary, Instant now) const {
  for (const auto& [rank, worker] : workers_) {
    const protocol::WorkerTotals& totals = worker.totals;
    summary.worker_table.push_back({
        .rank = rank,
        .state = std::string(name_of(worker.standing)),
        .rounds = totals.rounds,
        .steps = totals.steps,
        .samples = totals.samples,
        .pushes = totals.pushes,
        .suppressed = totals.suppressed,
        .times = times_of(worker, now),
    });
    summary.workers_lost += worker.was_lost ? 1 : 0;
    summary.workers_returned += worker.has_returned ? 1 : 0;
  }
}

RunSummary RunStatistics::summary(Instant now) const {
  RunSummary summary;
  summary.strategy = facts_.strategy;
  summary.workers = facts_.workers;
  summary.seed = facts_.seed;
  summary.seconds = now.time_since_epoch().count();
  summary.training_seconds = training_time(now).count();
  summary.server_busy_seconds = server_busy_.count();
  summary.rounds = rounds();
  summary.steps = sum(&protocol::WorkerTotals::steps);
  summary.samples = samples();
  summary.pushes = pushes();
  summary.suppressed = sum(&protocol::WorkerTotals::suppressed);
  if (summary.pushes > 0) {
    summary.worker_independence =
        static_cast<double>(summary.rounds) / static_cast<double>(summary.pushes);
  }
  summary.bytes = bytes_;
  summary.merges = merges_;
  summary.rejected_updates = rejected_updates_;
  for (const auto& [reason, count] : rejected_reports_) {
    summary.rejected_reports[std::string(to_string(reason))] = count;
  }
  summary.best_validation_loss = best_loss_;
  summary.best_validation_accuracy = best_accuracy_;
  if (test_) {
    summary.test_loss = test_->loss;
    summary.test_accuracy =
        std::isnan(test_->accuracy) ? std::nullopt : std::optional(test_->accuracy);
  }
  if (facts_.target_accuracy > 0.0) {
    summary.target_accuracy = facts_.target_accuracy;
  }
  if (target_reached_at_) {
    summary.seconds_to_target = target_reached_at_->time_since_epoch().count();
    summary.bytes_to_target = bytes_to_target_;
  }
  if (summary.training_seconds > 0.0) {
    summary.samples_per_second = static_cast<double>(summary.samples) / summary.training_seconds;
  }
  if (stop_reason_) {
    summary.stop_reason = std::string(to_string(*stop_reason_));
    summary.interrupted = *stop_reason_ == protocol::StopReason::Interrupted;
  }
  summary.staleness = staleness();
  summary.server = {.seconds = summary.seconds,
                    .compute_seconds = server_work_.merging.count(),
                    .evaluation_seconds = server_work_.evaluating.count(),
                    .data_seconds = server_work_.data.count(),
                    .waited_seconds = server_work_.waiting.count(),
                    .wire_seconds = server_work_.messages.count()};
  add_workers(summary, now);
  return summary;
}

}  // namespace hermes::telemetry
