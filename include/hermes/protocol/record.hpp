#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"
#include "hermes/protocol/message.hpp"

/// What the server notes down while it decides: the input of logs, metrics and traces.
namespace hermes::protocol {

enum class RejectReason : std::uint8_t {
  Late,       ///< made under a ticket that is no longer valid
  NonFinite,  ///< NaN or infinity in the payload or its loss
  Malformed,  ///< wrong size, wrong kind or undecodable
  Stopped,    ///< the run ended before it could be merged
  Stale,      ///< made from a version too old to count
};

std::string_view to_string(RejectReason reason);

struct WorkerJoined {
  Rank rank{};
};
struct WorkerRefused {
  Rank rank{};
  std::string why{};
};
struct WorkerLost {
  Rank rank{};
  Duration silent{};
};
struct WorkerReturned {
  Rank rank{};
};
struct WorkerLeft {
  Rank rank{};
  Leave leave{};
};
struct TrainingStarted {
  std::uint32_t workers = 0;
  Version version{};  ///< above zero: the run goes on from a checkpoint
};
/// An accepted report (push, vote, suppressed or pull).
struct ReportAccepted {
  Rank rank{};
  Report report{};
};
struct ReportRejected {
  Rank rank{};
  RejectReason reason = RejectReason::Late;
  bool had_payload = false;
};
struct MergedUpdate {
  Rank rank{};
  std::uint64_t staleness = 0;
};
struct Merged {
  Version version{};  ///< after the merge
  std::vector<MergedUpdate> updates{};
};
struct Released {
  Rank rank{};
  Version version{};
  Duration waited{};  ///< since its report
  bool with_model = false;
};
struct Evaluation {
  Version version{};
  double loss = 0.0;
  double accuracy = 0.0;
  bool best = false;
};
struct AssignmentChanged {
  Rank rank{};
  Assignment assignment{};
  std::string why{};
};
struct StopDecided {
  StopReason reason = StopReason::Failed;
};

using Record = std::variant<WorkerJoined, WorkerRefused, WorkerLost, WorkerReturned, WorkerLeft,
                            TrainingStarted, ReportAccepted, ReportRejected, Merged, Released,
                            Evaluation, AssignmentChanged, StopDecided>;

}  // namespace hermes::protocol
