#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hermes/core/id.hpp"
#include "hermes/core/parameters.hpp"
#include "hermes/core/time.hpp"
#include "hermes/protocol/assignment.hpp"

/// Everything that server and workers say to each other. Plain values: `wire` turns them into
/// bytes, `transport` moves the bytes. src/protocol/README.md has the table of who sends what when.
namespace hermes::protocol {

/// What the values of a payload mean, for a worker that pulled w, has w_i and began the run at w_0.
/// Running statistics, the last values of a model, always travel as they are.
enum class PayloadKind : std::uint8_t {
  None,
  Parameters,    ///< w_i
  Delta,         ///< w_i - w
  Displacement,  ///< w_i - w_0
};

/// Why a run, or a worker's part in it, ended.
enum class StopReason : std::uint8_t {
  Patience,
  TargetAccuracy,
  MaxRounds,
  MaxSeconds,
  MaxBytes,
  Interrupted,  ///< a signal
  NoWorkers,    ///< every worker was lost, or none came
  Refused,      ///< this worker does not fit the run (see the detail)
  BadInput,     ///< the data or the configuration turned out to be wrong
  Failed,       ///< a run-time failure
  ServerLost,   ///< the worker did not hear from the server
};

std::string_view to_string(StopReason reason);

// ---- worker to server ----

/// First message of a worker: who it is and whether it fits this run.
struct Join {
  std::string program_version{};
  std::vector<std::uint64_t> trait_hashes{};  ///< of what all ranks must agree on (run_trait.hpp)
  std::uint64_t parameter_count = 0;
  std::uint64_t memory_budget = 0;  ///< bytes that it may use; 0: no limit

  friend bool operator==(const Join&, const Join&) = default;
};

enum class ReportKind : std::uint8_t {
  Push,        ///< carries a payload; waits for a release
  Vote,        ///< no payload yet; waits for a release or a collect
  Suppressed,  ///< not significant: no payload, does not wait
  Pull,        ///< lost its way (non-finite loss): no payload, waits for a model
};

/// Why the gate let an update pass.
enum class GateCause : std::uint8_t {
  None,         ///< it did not, or there is no gate
  Significant,  ///< z <= threshold
  Silence,      ///< it had held back `max_silent` rounds
  Coin,
  Period,
};

std::string_view to_string(GateCause cause);

/// How the gate came to its decision (ALGORITHMS section 1.1); all zero where there is no gate.
struct GateReading {
  double z = 0.0;
  double mean = 0.0;
  double sigma = 0.0;
  double threshold = 0.0;
  std::uint32_t silent = 0;  ///< rounds since the last push, this one included
  GateCause cause = GateCause::None;

  friend bool operator==(const GateReading&, const GateReading&) = default;
};

/// What a worker tells after each round.
struct Report {
  ReportKind kind = ReportKind::Push;
  PayloadKind payload = PayloadKind::None;
  bool vote = false;      ///< with kind Vote: "synchronise"
  bool captured = false;  ///< the worker's state after this round was sent ahead (see Capture)
  Ticket ticket{};        ///< of the release under which the round was made
  Round round{};          ///< rounds this worker has completed, this one included
  Version base{};         ///< version of the model it last adopted
  std::uint32_t steps = 0;
  std::uint64_t samples = 0;        ///< in this round
  std::uint64_t push_samples = 0;   ///< since the model was adopted: the weight of a payload
  double compute_seconds = 0.0;     ///< of the round, training
  double evaluation_seconds = 0.0;  ///< of the round, measuring the local model
  double data_seconds = 0.0;        ///< of the round, waiting for rows
  double round_seconds = 0.0;  ///< from the permission to train, or the report before, to this one
  double train_loss = 0.0;
  double validation_loss = 0.0;      ///< 0 where the strategy does not ask for it
  double validation_accuracy = 0.0;  ///< as validation_loss
  GateReading gate{};

  /// What the round's rows cost the worker.
  double work_seconds() const { return compute_seconds + evaluation_seconds; }

  friend bool operator==(const Report&, const Report&) = default;
};

/// "I am alive", when there was nothing else to say. Both ways.
struct Heartbeat {
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

/// A worker's own account of its run. No two of the seconds overlap, but for `run_seconds`, which
/// they are a part of.
struct WorkerTotals {
  std::uint64_t rounds = 0;
  std::uint64_t steps = 0;
  std::uint64_t samples = 0;
  std::uint64_t pushes = 0;
  std::uint64_t suppressed = 0;
  double compute_seconds = 0.0;     ///< training
  double evaluation_seconds = 0.0;  ///< measuring the local model
  double data_seconds = 0.0;        ///< waiting for rows
  double wait_seconds = 0.0;        ///< the server held it back
  double wire_seconds = 0.0;        ///< waiting for what was on its way to the server and back
  double run_seconds = 0.0;         ///< from its first event to now

  friend bool operator==(const WorkerTotals&, const WorkerTotals&) = default;
};

/// Last message of a worker: the answer to Stop, or its own reason to go.
struct Leave {
  StopReason reason = StopReason::Failed;
  WorkerTotals totals{};
  std::string detail{};

  friend bool operator==(const Leave&, const Leave&) = default;
};

// ---- server to worker ----

enum class ModelSource : std::uint8_t {
  Keep,      ///< go on from the local model
  Initial,   ///< w_0, which every rank makes from the seed
  Attached,  ///< the payload
};

/// How far a worker may run before it must push.
struct RoundPlan {
  std::uint32_t rounds = 1;
  double box_seconds =
      0.0;  ///< > 0: each round ends after this time, not after its configured length

  friend bool operator==(const RoundPlan&, const RoundPlan&) = default;
};

/// Permission to train: a new ticket and the model to start from.
struct Release {
  Ticket ticket{};
  Version version{};
  ModelSource model = ModelSource::Keep;
  Assignment assignment{};
  RoundPlan plan{};
  double held_seconds = 0.0;  ///< since the report that it answers; 0: it answers none

  friend bool operator==(const Release&, const Release&) = default;
};

/// Asks a worker that voted for its payload.
struct Collect {
  Ticket ticket{};
  double held_seconds = 0.0;  ///< since the vote

  friend bool operator==(const Collect&, const Collect&) = default;
};

/// A checkpoint is wanted, or is no longer: from now on the worker sends its state ahead of each
/// report, or stops doing so.
struct Capture {
  bool on = false;

  friend bool operator==(const Capture&, const Capture&) = default;
};

/// The run is over for this worker.
struct Stop {
  StopReason reason = StopReason::Failed;
  std::uint32_t workers_lost = 0;  ///< at this moment: others may have to leave without them
  std::string detail{};

  friend bool operator==(const Stop&, const Stop&) = default;
};

using MessageBody = std::variant<Join, Report, Heartbeat, Leave, Release, Collect, Stop, Capture>;

/// A body and, for a push or a release with a model, the block of parameters beside it.
struct Message {
  MessageBody body{};
  SharedParameters payload{};
};

/// Name of the body's alternative, for logs and counters.
std::string_view kind_name(const MessageBody& body);

}  // namespace hermes::protocol
