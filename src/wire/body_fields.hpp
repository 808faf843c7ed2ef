#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "hermes/core/error.hpp"
#include "hermes/protocol/message.hpp"
#include "hermes/wire/codec.hpp"
#include "hermes/wire/data_message.hpp"

/// Which fields each message puts on the wire, in which order: one function serves both directions
/// (Boost.Serialization finds them by the namespace of the message). Plain numbers go through the
/// archive as they are; enumerators, truth values and texts are checked on the way in.
namespace hermes::wire {

template <class Archive, class... Values>
void fields(Archive& archive, Values&... values) {
  (static_cast<void>(archive & values), ...);
}

template <class Archive, class Enum>
void enumerator(Archive& archive, Enum& value, Enum last, const char* field) {
  auto code = static_cast<std::uint8_t>(value);
  archive& code;
  if constexpr (Archive::is_loading::value) {
    if (code > static_cast<std::uint8_t>(last)) {
      throw DecodeError(std::string("message body: ") + field + ": expected at most " +
                        std::to_string(static_cast<int>(last)) + ", found " + std::to_string(code));
    }
    value = static_cast<Enum>(code);
  }
}

template <class Archive>
void truth(Archive& archive, bool& value, const char* field) {
  std::uint8_t code = value ? 1 : 0;
  archive& code;
  if constexpr (Archive::is_loading::value) {
    if (code > 1) {
      throw DecodeError(std::string("message body: ") + field + ": expected 0 or 1, found " +
                        std::to_string(code));
    }
    value = code == 1;
  }
}

/// The length of a text that is cut to `kTextBytesMax`, not inside a UTF-8 character.
inline std::size_t cut_length(const std::string& text) {
  if (text.size() <= kTextBytesMax) {
    return text.size();
  }
  std::size_t length = kTextBytesMax;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    --length;
  }
  return length;
}

template <class Archive>
void text(Archive& archive, std::string& value, const char* field) {
  auto length = static_cast<std::uint16_t>(cut_length(value));
  archive& length;
  if constexpr (Archive::is_loading::value) {
    if (length > kTextBytesMax) {
      throw DecodeError(std::string("message body: ") + field + ": expected at most " +
                        std::to_string(kTextBytesMax) + " bytes, found " + std::to_string(length));
    }
    value.resize(length);
    archive.load_binary(value.data(), length);
  } else {
    archive.save_binary(value.data(), length);
  }
}

}  // namespace hermes::wire

namespace boost::serialization {

template <class Archive, class Tag, class Rep>
void serialize(Archive& archive, hermes::Id<Tag, Rep>& id, unsigned) {
  archive& id.value;
}

}  // namespace boost::serialization

namespace hermes::protocol {

template <class Archive>
void serialize(Archive& archive, Join& join, unsigned) {
  wire::text(archive, join.program_version, "program version");
  wire::fields(archive, join.run_fingerprint, join.parameter_count, join.memory_budget);
}

template <class Archive>
void serialize(Archive& archive, GateReading& gate, unsigned) {
  wire::fields(archive, gate.z, gate.mean, gate.sigma, gate.threshold, gate.silent);
  wire::enumerator(archive, gate.cause, GateCause::Period, "gate cause");
}

template <class Archive>
void serialize(Archive& archive, Report& report, unsigned) {
  wire::enumerator(archive, report.kind, ReportKind::Pull, "report kind");
  wire::enumerator(archive, report.payload, PayloadKind::Displacement, "payload kind");
  wire::truth(archive, report.vote, "vote");
  wire::fields(archive, report.ticket, report.round, report.base, report.steps, report.samples,
               report.push_samples, report.compute_seconds, report.data_seconds,
               report.round_seconds, report.train_loss, report.validation_loss,
               report.validation_accuracy, report.gate);
}

template <class Archive>
void serialize(Archive&, Heartbeat&, unsigned) {}

template <class Archive>
void serialize(Archive& archive, WorkerTotals& totals, unsigned) {
  wire::fields(archive, totals.rounds, totals.steps, totals.samples, totals.pushes,
               totals.suppressed, totals.compute_seconds, totals.data_seconds, totals.wait_seconds);
}

template <class Archive>
void serialize(Archive& archive, Leave& leave, unsigned) {
  wire::enumerator(archive, leave.reason, StopReason::ServerLost, "stop reason");
  wire::fields(archive, leave.totals);
  wire::text(archive, leave.detail, "detail");
}

template <class Archive>
void serialize(Archive& archive, Assignment& assignment, unsigned) {
  wire::fields(archive, assignment.generation);
  wire::enumerator(archive, assignment.order, RowOrder::ByLabel, "row order");
  wire::fields(archive, assignment.order_seed, assignment.pools, assignment.pieces,
               assignment.pool_first, assignment.pool_count, assignment.shard_rows,
               assignment.minibatch);
}

template <class Archive>
void serialize(Archive& archive, RoundPlan& plan, unsigned) {
  wire::fields(archive, plan.rounds, plan.box_seconds);
}

template <class Archive>
void serialize(Archive& archive, Release& release, unsigned) {
  wire::fields(archive, release.ticket, release.version);
  wire::enumerator(archive, release.model, ModelSource::Attached, "model source");
  wire::fields(archive, release.assignment, release.plan);
}

template <class Archive>
void serialize(Archive& archive, Collect& collect, unsigned) {
  wire::fields(archive, collect.ticket);
}

template <class Archive>
void serialize(Archive& archive, Stop& stop, unsigned) {
  wire::enumerator(archive, stop.reason, StopReason::ServerLost, "stop reason");
  wire::fields(archive, stop.workers_lost);
  wire::text(archive, stop.detail, "detail");
}

}  // namespace hermes::protocol
