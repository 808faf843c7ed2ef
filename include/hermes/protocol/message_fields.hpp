#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hermes/core/archive_fields.hpp"
#include "hermes/core/error.hpp"
#include "hermes/protocol/message.hpp"
#include "hermes/protocol/run_trait.hpp"

/// Which fields each message has, on the wire and in a checkpoint, in which order.

namespace hermes::protocol {

template <class Archive>
void hashes(Archive& archive, std::vector<std::uint64_t>& values) {
  auto count = static_cast<std::uint16_t>(values.size());
  archive& count;
  if constexpr (Archive::is_loading::value) {
    if (count > kRunTraitsMax) {
      throw DecodeError("message body: traits: expected at most " + std::to_string(kRunTraitsMax) +
                        ", found " + std::to_string(count));
    }
    values.resize(count);
  }
  for (std::uint64_t& value : values) {
    archive& value;
  }
}

template <class Archive>
void serialize(Archive& archive, Join& join, unsigned) {
  text(archive, join.program_version, "program version");
  hashes(archive, join.trait_hashes);
  fields(archive, join.parameter_count, join.memory_budget);
}

template <class Archive>
void serialize(Archive& archive, GateReading& gate, unsigned) {
  fields(archive, gate.z, gate.mean, gate.sigma, gate.threshold, gate.silent);
  enumerator(archive, gate.cause, GateCause::Period, "gate cause");
}

template <class Archive>
void serialize(Archive& archive, Report& report, unsigned) {
  enumerator(archive, report.kind, ReportKind::Pull, "report kind");
  enumerator(archive, report.payload, PayloadKind::Displacement, "payload kind");
  truth(archive, report.vote, "vote");
  truth(archive, report.captured, "captured");
  fields(archive, report.ticket, report.round, report.base, report.steps, report.samples,
         report.push_samples, report.compute_seconds, report.evaluation_seconds,
         report.data_seconds, report.round_seconds, report.train_loss, report.validation_loss,
         report.validation_accuracy, report.gate);
}

template <class Archive>
void serialize(Archive&, Heartbeat&, unsigned) {}

template <class Archive>
void serialize(Archive& archive, WorkerTotals& totals, unsigned) {
  fields(archive, totals.rounds, totals.steps, totals.samples, totals.pushes, totals.suppressed,
         totals.compute_seconds, totals.evaluation_seconds, totals.data_seconds,
         totals.wait_seconds, totals.wire_seconds, totals.run_seconds);
}

template <class Archive>
void serialize(Archive& archive, Leave& leave, unsigned) {
  enumerator(archive, leave.reason, StopReason::ServerLost, "stop reason");
  fields(archive, leave.totals);
  text(archive, leave.detail, "detail");
}

template <class Archive>
void serialize(Archive& archive, Assignment& assignment, unsigned) {
  fields(archive, assignment.generation);
  enumerator(archive, assignment.order, RowOrder::ByLabel, "row order");
  fields(archive, assignment.order_seed, assignment.pools, assignment.pieces, assignment.pool_first,
         assignment.pool_count, assignment.shard_rows, assignment.minibatch);
}

template <class Archive>
void serialize(Archive& archive, RoundPlan& plan, unsigned) {
  fields(archive, plan.rounds, plan.box_seconds);
}

template <class Archive>
void serialize(Archive& archive, Release& release, unsigned) {
  fields(archive, release.ticket, release.version);
  enumerator(archive, release.model, ModelSource::Attached, "model source");
  fields(archive, release.assignment, release.plan, release.held_seconds);
}

template <class Archive>
void serialize(Archive& archive, Collect& collect, unsigned) {
  fields(archive, collect.ticket, collect.held_seconds);
}

template <class Archive>
void serialize(Archive& archive, Capture& capture, unsigned) {
  truth(archive, capture.on, "capture");
}

template <class Archive>
void serialize(Archive& archive, Stop& stop, unsigned) {
  enumerator(archive, stop.reason, StopReason::ServerLost, "stop reason");
  fields(archive, stop.workers_lost);
  text(archive, stop.detail, "detail");
}

}  // namespace hermes::protocol
