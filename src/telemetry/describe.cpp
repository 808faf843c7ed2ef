#include "hermes/telemetry/describe.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <variant>

#include "hermes/telemetry/human_units.hpp"
#include "telemetry/plain_text.hpp"

namespace hermes::telemetry {
namespace {

using protocol::StopReason;

/// A reason that says that something broke.
bool is_failure(StopReason reason) {
  switch (reason) {
    case StopReason::Patience:
    case StopReason::TargetAccuracy:
    case StopReason::MaxRounds:
    case StopReason::MaxSeconds:
    case StopReason::MaxBytes:
    case StopReason::Interrupted:
      return false;
    case StopReason::NoWorkers:
    case StopReason::Refused:
    case StopReason::BadInput:
    case StopReason::Failed:
    case StopReason::ServerLost:
      return true;
  }
  return true;
}

std::string text_of(const protocol::WorkerJoined& joined) {
  return fmt::format("worker {} joined", joined.rank.value);
}

std::string text_of(const protocol::WorkerRefused& refused) {
  return fmt::format("worker {} refused: {}", refused.rank.value, refused.why);
}

std::string text_of(const protocol::WorkerLost& lost) {
  return fmt::format("worker {} lost (silent {:.1f} s)", lost.rank.value, lost.silent.count());
}

std::string text_of(const protocol::WorkerReturned& returned) {
  return fmt::format("worker {} is back", returned.rank.value);
}

std::string text_of(const protocol::WorkerLeft& left) {
  const protocol::WorkerTotals& totals = left.leave.totals;
  std::string text = fmt::format(
      "worker {} left ({}): {} rounds, {} steps, {} samples, {} pushes, {} suppressed, computed "
      "{:.2f} s, waited {:.2f} s",
      left.rank.value, to_string(left.leave.reason), totals.rounds, totals.steps, totals.samples,
      totals.pushes, totals.suppressed, totals.compute_seconds, totals.wait_seconds);
  if (!left.leave.detail.empty()) {
    text += "; " + left.leave.detail;
  }
  return text;
}

std::string text_of(const protocol::TrainingStarted& started) {
  if (started.version.value > 0) {
    return fmt::format("training goes on from version {} with {}", started.version.value,
                       counted(started.workers, "worker"));
  }
  return fmt::format("training starts with {}", counted(started.workers, "worker"));
}

/// Numbers as targets have no accuracy.
std::string measured_text(double loss, double accuracy) {
  return std::isnan(accuracy) ? fmt::format("loss {:.4f}", loss)
                              : fmt::format("loss {:.4f}, accuracy {:.4f}", loss, accuracy);
}

std::string text_of(const protocol::ReportAccepted& accepted) {
  const protocol::Report& report = accepted.report;
  std::string text = fmt::format(
      "worker {} round {}: {}, base version {}, {} steps in {:.3f} s, train loss {:.4f}",
      accepted.rank.value, report.round.value, name_of(report.kind), report.base.value,
      report.steps, report.compute_seconds, report.train_loss);
  if (report.kind == protocol::ReportKind::Vote) {
    text += report.vote ? ", votes to synchronise" : ", votes to go on";
  }
  if (report.validation_loss != 0.0 || report.validation_accuracy != 0.0) {
    text += ", validation " + measured_text(report.validation_loss, report.validation_accuracy);
  }
  if (report.gate != protocol::GateReading{}) {
    text += "; gate: " + describe(report.gate);
  }
  return text;
}

std::string text_of(const protocol::ReportRejected& rejected) {
  return fmt::format("worker {}: {} rejected ({})", rejected.rank.value,
                     rejected.had_payload ? "update" : "report", to_string(rejected.reason));
}

std::string text_of(const protocol::Merged& merged) {
  std::string text = fmt::format("version {}: merged", merged.version.value);
  std::string_view separator = " ";
  for (const protocol::MergedUpdate& update : merged.updates) {
    text +=
        fmt::format("{}worker {} (staleness {})", separator, update.rank.value, update.staleness);
    separator = ", ";
  }
  return text;
}

std::string text_of(const protocol::Released& released) {
  return fmt::format("worker {} released at version {}, {}, after waiting {:.3f} s",
                     released.rank.value, released.version.value,
                     released.with_model ? "with the model" : "keeps its model",
                     released.waited.count());
}

std::string text_of(const protocol::Evaluation& evaluation) {
  return fmt::format("version {}: validation {}{}", evaluation.version.value,
                     measured_text(evaluation.loss, evaluation.accuracy),
                     evaluation.best ? ", best so far" : "");
}

std::string text_of(const protocol::AssignmentChanged& changed) {
  const protocol::Assignment& assignment = changed.assignment;
  std::string text =
      fmt::format("worker {} assigned {} rows at a time of the {} from {} on, mini-batches of {}",
                  changed.rank.value, assignment.shard_rows, assignment.pool_count,
                  assignment.pool_first, assignment.minibatch);
  if (!changed.why.empty()) {
    text += ": " + changed.why;
  }
  return text;
}

std::string text_of(const protocol::StopDecided& stop) {
  return fmt::format("training stops: {}", to_string(stop.reason));
}

}  // namespace

std::string_view name_of(protocol::ReportKind kind) {
  switch (kind) {
    case protocol::ReportKind::Push:
      return "push";
    case protocol::ReportKind::Vote:
      return "vote";
    case protocol::ReportKind::Suppressed:
      return "suppressed";
    case protocol::ReportKind::Pull:
      return "pull";
  }
  return "unknown";
}

std::string describe(const protocol::GateReading& gate) {
  std::string text = fmt::format(
      "z {:.4f} {} threshold {:.4f}, mean {:.4f}, sigma {:.4f}, silent {} -> ", gate.z,
      gate.z <= gate.threshold ? "<=" : ">", gate.threshold, gate.mean, gate.sigma, gate.silent);
  return text + (gate.cause == protocol::GateCause::None
                     ? "no push"
                     : fmt::format("push ({})", to_string(gate.cause)));
}

std::string describe(const protocol::Record& record) {
  return plain_text(std::visit([](const auto& what) { return text_of(what); }, record));
}

bool is_warning(const protocol::Record& record) {
  if (const auto* rejected = std::get_if<protocol::ReportRejected>(&record)) {
    return rejected->reason == protocol::RejectReason::NonFinite ||
           rejected->reason == protocol::RejectReason::Malformed;
  }
  if (const auto* accepted = std::get_if<protocol::ReportAccepted>(&record)) {
    return accepted->report.kind == protocol::ReportKind::Pull;
  }
  if (const auto* left = std::get_if<protocol::WorkerLeft>(&record)) {
    return is_failure(left->leave.reason);
  }
  if (const auto* stop = std::get_if<protocol::StopDecided>(&record)) {
    return is_failure(stop->reason);
  }
  return std::holds_alternative<protocol::WorkerLost>(record) ||
         std::holds_alternative<protocol::WorkerRefused>(record);
}

bool is_milestone(const protocol::Record& record) {
  if (const auto* left = std::get_if<protocol::WorkerLeft>(&record)) {
    return is_failure(left->leave.reason);
  }
  return std::holds_alternative<protocol::WorkerLost>(record) ||
         std::holds_alternative<protocol::WorkerRefused>(record) ||
         std::holds_alternative<protocol::WorkerReturned>(record) ||
         std::holds_alternative<protocol::TrainingStarted>(record) ||
         std::holds_alternative<protocol::StopDecided>(record);
}

}  // namespace hermes::telemetry
