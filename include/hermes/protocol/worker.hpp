#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "hermes/core/time.hpp"
#include "hermes/protocol/liveness.hpp"
#include "hermes/protocol/message.hpp"
#include "hermes/protocol/push_rule.hpp"

namespace hermes::protocol {

// ---- events ----

struct WorkerStarted {};
struct ServerSaid {
  Message message{};
};
struct AssignmentLoaded {};
struct RoundFinished {
  RoundOutcome outcome{};
};
/// The executor cannot go on (the data is damaged, say).
struct WorkerFailed {
  StopReason reason = StopReason::Failed;
  std::string detail{};
};
struct Ticked {};

using WorkerEvent =
    std::variant<WorkerStarted, ServerSaid, AssignmentLoaded, RoundFinished, WorkerFailed, Ticked>;

// ---- effects, to be carried out in order ----

/// Send; `body.payload` of a report says what the executor must attach.
struct TellServer {
  MessageBody body{};
};
struct LoadAssignment {
  Assignment assignment{};
};
/// Overwrite the local model. `Initial` and `Attached` only.
struct AdoptModel {
  ModelSource source = ModelSource::Initial;
  SharedParameters parameters{};
  /// w <- w_new + (w - w_sent): what was learned since the last push is taken over, and a round in
  /// progress goes on.
  bool rebase = false;
  /// The local model was not finite any more: the optimizer shall forget what it knows of it.
  bool afresh = false;
};
/// Train one round and answer with RoundFinished.
struct StartRound {
  RoundNeeds needs{};
  bool is_open_ended = false;  ///< train until FinishRound, not for the configured length
};
/// End the open-ended round after the mini-batch at hand, at least one.
struct FinishRound {};
/// Drop the present round; no RoundFinished for it.
struct AbandonRound {};
/// The worker's part is over; send what is queued, then end.
struct WorkerFinished {
  StopReason reason = StopReason::Failed;
  std::string detail{};
  bool peers_lost = false;
};

using WorkerEffect = std::variant<TellServer, LoadAssignment, AdoptModel, StartRound, FinishRound,
                                  AbandonRound, WorkerFinished>;

enum class WorkerState : std::uint8_t {
  Joining,
  Loading,
  Computing,
  AwaitingRelease,
  Finished,
};

struct WorkerConfig {
  Join join{};
  LivenessConfig liveness{};
  PayloadKind payload = PayloadKind::Delta;
};

/// The worker's side of the protocol as a pure state machine: `step(event, now) -> effects`.
///
///     worker.step(WorkerStarted{}, now)
///     loop: for each received message: step(ServerSaid{...}, now); then step(Ticked{}, now);
///           carry out the effects; train a slice; a finished round or load goes in as an event
///     until a WorkerFinished effect
///
/// Received messages go in before the tick, so that a process that was frozen and has mail does
/// not declare the server lost. Not thread-safe. Throws ProtocolError when the server says
/// something that no server says.
class Worker {
 public:
  Worker(WorkerConfig config, std::unique_ptr<PushRule> push_rule);

  std::vector<WorkerEffect> step(const WorkerEvent& event, Instant now);

  /// What it knows at the end of a round, for checkpoints: ahead of a report that says `captured`.
  void save(StateWriter& state) const;
  /// Before its first release: goes on where the state was saved, with the next message of the
  /// server. Throws DecodeError for a state that is none.
  void resume(StateReader& state, Instant now);

  WorkerState state() const { return state_; }
  Ticket ticket() const { return ticket_; }
  const WorkerTotals& totals() const { return totals_; }

 private:
  using Effects = std::vector<WorkerEffect>;

  void on(const WorkerStarted& event, Instant now, Effects& effects);
  void on(const ServerSaid& event, Instant now, Effects& effects);
  void on(const AssignmentLoaded& event, Instant now, Effects& effects);
  void on(const RoundFinished& event, Instant now, Effects& effects);
  void on(const WorkerFailed& event, Instant now, Effects& effects);
  void on(const Ticked& event, Instant now, Effects& effects);

  void on_release(const Release& release, const SharedParameters& payload, Instant now,
                  Effects& effects);
  void on_collect(const Collect& collect, Instant now, Effects& effects);
  void tell(MessageBody body, Instant now, Effects& effects);
  void report_round(const RoundOutcome& outcome, Instant now, Effects& effects);
  void start_round(Instant now, Effects& effects);
  void count_wait(double held_seconds, Instant now);
  void finish(const WorkerFinished& how, Effects& effects);

  WorkerConfig config_;
  std::unique_ptr<PushRule> push_rule_;
  WorkerState state_ = WorkerState::Joining;
  Ticket ticket_{};
  Version base_{};
  Assignment assignment_{};
  RoundPlan plan_{};
  std::uint32_t rounds_left_ = 0;
  std::optional<Instant> box_end_{};    ///< of an open-ended round that was not told to finish yet
  bool is_in_flight_ = false;           ///< a push is unanswered, and the worker trains on
  std::optional<RoundOutcome> held_{};  ///< of a round that ended before that answer came
  Instant permitted_at_{};
  bool is_capturing_ = false;  ///< a checkpoint is wanted
  std::uint64_t push_samples_ = 0;
  Report vote_{};         ///< the report to repeat with a payload when the server collects
  bool is_sound_ = true;  ///< the losses of the last report are finite
  WorkerTotals totals_{};
  Instant waiting_since_{};
  Instant reported_at_{};
  Instant last_heard_{};
  Instant last_sent_{};
  std::optional<Instant> last_step_{};
};

}  // namespace hermes::protocol
