#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/parameters.hpp"
#include "hermes/core/time.hpp"
#include "hermes/protocol/evaluation_schedule.hpp"
#include "hermes/protocol/liveness.hpp"
#include "hermes/protocol/message.hpp"
#include "hermes/protocol/partition.hpp"
#include "hermes/protocol/record.hpp"
#include "hermes/protocol/roster.hpp"
#include "hermes/protocol/run_trait.hpp"
#include "hermes/protocol/strategy.hpp"
#include "hermes/protocol/worker.hpp"

namespace hermes::protocol {

// ---- events (beside Ticked) ----

struct WorkerSaid {
  Rank from{};
  Message message{};
};
/// Bytes from a worker that are no valid frame.
struct WorkerGarbled {
  Rank from{};
  std::string other_version{};  ///< not empty: a frame of another version of hermes; says which
};
/// The answer to an Evaluate effect.
struct Evaluated {
  Version version{};
  double loss = 0.0;
  double accuracy = 0.0;
};
/// The answer to a MeasureUpdate effect.
struct UpdateMeasured {
  Rank rank{};
  Ticket ticket{};
  double loss = 0.0;
};
/// End the run in good order (a signal, a limit that only the executor can see, bad data).
struct Interrupted {
  StopReason reason = StopReason::Interrupted;
};

using ServerEvent =
    std::variant<WorkerSaid, WorkerGarbled, Evaluated, UpdateMeasured, Interrupted, Ticked>;

// ---- effects, to be carried out in order ----

struct TellWorker {
  Rank to{};
  Message message{};
};
/// Compute loss and accuracy of this model on the validation subset; answer with Evaluated.
struct Evaluate {
  Version version{};
  SharedParameters parameters{};
};
/// Compute the loss of a worker's model in the same way; answer with UpdateMeasured.
struct MeasureUpdate {
  Rank rank{};
  Ticket ticket{};
  SharedParameters parameters{};
};
/// The best model so far; keep it.
struct KeepBest {
  Version version{};
  SharedParameters parameters{};
  double loss = 0.0;
  double accuracy = 0.0;
};
struct Note {
  Record record;
};
/// Everything that the server knows, at a moment for which the workers' own states are known, too:
/// those sent ahead of the last accepted report of each worker in `captured`.
struct SaveCheckpoint {
  Version version{};
  SharedParameters parameters{};  ///< the global model
  Bytes state{};                  ///< for Server::resume
  std::vector<Rank> captured{};
};
struct ServerFinished {
  StopReason reason = StopReason::Failed;
};

using ServerEffect = std::variant<TellWorker, Evaluate, MeasureUpdate, KeepBest, Note,
                                  SaveCheckpoint, ServerFinished>;

enum class ServerState : std::uint8_t { Gathering, Training, Draining, Finished };

/// When to stop. Zero: no such limit.
struct StopConfig {
  std::uint64_t patience = 25;   ///< evaluation periods without a new best validation loss
  std::uint64_t max_rounds = 0;  ///< of the fastest worker
  Duration max_time = seconds(0.0);
  double target_accuracy = 0.0;  ///< on the validation subset

  friend bool operator==(const StopConfig&, const StopConfig&) = default;
};

/// When to save. A checkpoint waits for the next report of each worker (barriers: for the next
/// barrier), which brings the worker's own state along; nobody is held back for it. After ten times
/// `every` (and after `patience`) it is made without those that have not come; in a run that goes
/// on they begin anew.
struct CheckpointConfig {
  bool is_on = false;
  Duration every = seconds(0.0);  ///< 0: only when the run is interrupted or all workers are gone
  Duration patience = seconds(20.0);  ///< an interrupted run waits so long for the workers' states

  friend bool operator==(const CheckpointConfig&, const CheckpointConfig&) = default;
};

struct ServerConfig {
  std::uint32_t workers = 1;
  std::string program_version{};
  std::vector<RunTrait> traits{};
  LivenessConfig liveness{};
  StopConfig stop{};
  CheckpointConfig checkpoint{};
  PartitionConfig partition{};
  std::uint64_t evaluate_every = 1;  ///< merges between evaluations of the global model
  std::size_t statistics_count = 0;  ///< running statistics, the last values of a model
};

/// The parameter server as a pure state machine: `step(event, now) -> effects`.
///
///     loop: for each received message: step(WorkerSaid{...}, now); then step(Ticked{}, now);
///           carry out the effects in order; evaluate in slices; a finished evaluation goes in
///           as an event
///     until a ServerFinished effect
///
/// Gathering -> Training -> Draining -> Finished. Nothing that a worker sends can make it throw:
/// what does not fit is rejected and noted. Not thread-safe.
class Server {
 public:
  Server(ServerConfig config, Strategy strategy, SharedParameters initial);

  std::vector<ServerEffect> step(const ServerEvent& event, Instant now);

  /// Before the first step: goes on where SaveCheckpoint was made, with the same configuration and
  /// a clock that goes on, too. Workers join as ever. Who was captured is taken to have its own
  /// state back before its first release; others begin anew from the global model.
  /// Throws DecodeError for a state that is none.
  void resume(std::span<const std::byte> state);

  ServerState state() const { return state_; }
  Version version() const { return version_; }
  const Roster& roster() const { return roster_; }
  const SharedParameters& global() const { return global_; }

 private:
  using Effects = std::vector<ServerEffect>;

  void on(const WorkerSaid& event, Instant now, Effects& effects);
  void on(const WorkerGarbled& event, Instant now, Effects& effects);
  void on(const Evaluated& event, Instant now, Effects& effects);
  void on(const UpdateMeasured& event, Instant now, Effects& effects);
  void on(const Interrupted& event, Instant now, Effects& effects);
  void on(const Ticked& event, Instant now, Effects& effects);

  void on_join(Peer& peer, const Join& join, Instant now, Effects& effects);
  void on_report(Peer& peer, const Report& report, const SharedParameters& payload, Instant now,
                 Effects& effects);
  void on_leave(Peer& peer, const Leave& leave, Effects& effects);

  void start_when_gathered(Instant now, Effects& effects);
  void start(Peer& peer, Instant now, Effects& effects);
  void begin_capture(Instant now, Effects& effects);
  void save_when_captured(Instant now, Effects& effects);
  void save(Effects& effects);
  void watch_silence(Instant now, Effects& effects);
  void send_heartbeats(Instant now, Effects& effects);
  void apply_release_rule(Instant now, Effects& effects);
  void drop_pending(Peer& peer, RejectReason reason, Effects& effects);
  void merge_pending(Effects& effects);
  void measure(Peer& peer, Effects& effects);
  void release(Peer& peer, bool with_model, RoundPlan plan, Instant now, Effects& effects);
  void reissue(Peer& peer, Instant now, Effects& effects);
  void schedule_evaluation(Effects& effects);
  void check_limits(Instant now, Effects& effects);
  void drain(StopReason reason, Instant now, Effects& effects);
  void finish_when_drained(Instant now, Effects& effects);
  void tell(Peer& peer, Message message, Instant now, Effects& effects);
  void turn_down(Peer& peer, bool had_payload, Instant now, Effects& effects);
  void refuse(Peer& peer, const std::string& why, Instant now, Effects& effects);
  void reject(const Peer& peer, RejectReason reason, bool had_payload, Effects& effects);

  ServerConfig config_;
  Strategy strategy_;
  Roster roster_;
  ParameterPool pool_;
  SharedParameters initial_{};
  SharedParameters global_{};
  Version version_{};
  EvaluationSchedule evaluations_;
  std::optional<double> global_loss_{};
  ServerState state_ = ServerState::Gathering;
  StopReason stop_reason_ = StopReason::Failed;
  Instant gathering_since_{};
  Instant training_since_{};
  Instant draining_since_{};
  Instant last_live_{};
  Instant last_step_{};
  bool stepped_ = false;
  bool is_resumed_ = false;
  Instant last_saved_{};
  std::optional<Instant> capturing_since_{};
  std::optional<StopReason> stop_after_saving_{};
};

}  // namespace hermes::protocol
