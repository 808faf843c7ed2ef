#include "hermes/telemetry/report_ledger.hpp"

#include <cmath>

namespace hermes::telemetry {

ReportedWork ReportLedger::take(const protocol::ReportAccepted& accepted) {
  const protocol::Report& report = accepted.report;
  Entry& entry = entries_[accepted.rank];
  ReportedWork work;
  if (report.round > entry.last_round) {
    work.rounds = 1;
    work.steps = report.steps;
    if (std::isfinite(report.compute_seconds)) {
      work.compute_seconds = report.compute_seconds;
    }
    entry.last_round = report.round;
  }
  // Fewer samples than before: the worker has pushed in between and that push did not get here.
  const bool has_begun_anew = report.samples < entry.samples_seen;
  work.samples = has_begun_anew ? report.samples : report.samples - entry.samples_seen;
  entry.samples_seen = report.kind == protocol::ReportKind::Push ? 0 : report.samples;
  return work;
}

void ReportLedger::take(const protocol::ReportRejected& rejected) {
  // The worker counts from its last push, whatever became of it.
  if (rejected.had_payload) {
    entries_[rejected.rank].samples_seen = 0;
  }
}

}  // namespace hermes::telemetry
