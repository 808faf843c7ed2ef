#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "hermes/protocol/server.hpp"
#include "hermes/runtime/channel.hpp"
#include "hermes/runtime/checkpoint_writer.hpp"
#include "hermes/runtime/evaluator.hpp"
#include "hermes/runtime/row_server.hpp"
#include "hermes/runtime/run_inputs.hpp"
#include "hermes/telemetry/run_recorder.hpp"

namespace hermes::runtime {

/// The best model of a run, as far as the validation subset tells.
struct BestModel {
  Version version;
  SharedParameters parameters;
  double validation_loss = 0.0;
  double validation_accuracy = 0.0;
};

/// The server rank: carries the decisions of protocol::Server out on a channel, an evaluator and a
/// recorder.
///
///     while (!node.is_finished()) { if (!node.turn()) channel.wait(...); }
///
/// Requires: inputs, channel and recorder outlive this. Single-threaded.
class ServerNode {
 public:
  /// With a checkpoint the run goes on from there; the recorder continues its files. Without
  /// `checkpoints`, a directory, none are made. Throws DataError for a checkpoint with a state that
  /// is none.
  ServerNode(const RunInputs& inputs, std::uint32_t workers, Channel& channel,
             telemetry::RunRecorder& recorder,
             const std::optional<std::filesystem::path>& checkpoints = {},
             std::optional<Checkpoint> resume = {});
  ~ServerNode();
  ServerNode(const ServerNode&) = delete;
  ServerNode& operator=(const ServerNode&) = delete;

  /// Takes what arrived, decides, does one slice of an evaluation. False: nothing to do.
  bool turn();
  /// Ends the run in good order.
  void interrupt(protocol::StopReason reason);

  /// Not all workers are here yet.
  bool is_gathering() const { return server_.state() == protocol::ServerState::Gathering; }
  bool is_finished() const { return server_.state() == protocol::ServerState::Finished; }
  protocol::StopReason reason() const { return reason_; }
  /// What the first worker that found its input wrong said about it; else empty.
  const std::string& detail() const { return detail_; }
  /// Workers that are lost now.
  std::uint32_t workers_lost() const { return server_.roster().count(protocol::PeerState::Lost); }
  const std::optional<BestModel>& best() const { return best_; }
  telemetry::ByteCounters bytes() const;
  /// The clock of the run, which goes on over a restart.
  Instant now() const { return channel_.now() + clock_offset_; }
  /// Waits until the last checkpoint is written. True when there is one of this run to go on from.
  bool finish_checkpoints();

  /// Loss and accuracy of a model on the test rows; some thousand of them in memory at a time.
  EvaluationResult test(const SharedParameters& parameters);

 private:
  void evaluate_some();
  /// The time since the last call.
  Duration lap();
  /// So many operations were done with each parameter of the model.
  void compute_on_all(double flops_per_value);
  void step(const protocol::ServerEvent& event);
  void act(const protocol::TellWorker& effect);
  void act(const protocol::Evaluate& effect);
  void act(const protocol::MeasureUpdate& effect);
  void act(const protocol::KeepBest& effect);
  void act(const protocol::Note& effect);
  void act(const protocol::SaveCheckpoint& effect);
  void act(const protocol::ServerFinished& effect);
  void resume(Checkpoint checkpoint);
  void note_report(const protocol::ReportAccepted& accepted);

  const RunInputs& inputs_;
  Channel& channel_;
  telemetry::RunRecorder& recorder_;
  nn::Network network_;
  data::Shard evaluation_shard_;
  Evaluator evaluator_;
  protocol::Server server_;
  RowServer row_server_;
  std::deque<std::variant<protocol::Evaluate, protocol::MeasureUpdate>> to_evaluate_;
  bool is_evaluating_ = false;  // the first of them
  Instant evaluating_since_{};
  Instant stepped_at_{};
  Instant lap_at_{};
  std::optional<Instant> turned_at_{};  // the end of the last turn
  telemetry::ServerWork work_;          // of this turn
  Duration clock_offset_{};
  telemetry::ByteCounters bytes_before_;  // of the runs that this one goes on from
  std::optional<CheckpointWriter> checkpoints_;
  std::map<Rank, StateAssembly> arriving_;    // states of workers
  std::map<Rank, WorkerState> arrived_;       // their reports are yet to come
  std::map<Rank, WorkerState> known_;         // after the last accepted report
  bool has_resumed_ = false;                  // there is a checkpoint, whatever becomes of this run
  std::map<Rank, WorkerState> to_give_back_;  // to those who join a run that goes on
  std::optional<BestModel> best_;
  protocol::StopReason reason_ = protocol::StopReason::Failed;
  std::string detail_;
};

}  // namespace hermes::runtime
