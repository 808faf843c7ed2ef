#pragma once

#include <functional>
#include <optional>
#include <string>

#include "hermes/protocol/worker.hpp"
#include "hermes/runtime/channel.hpp"
#include "hermes/runtime/fault.hpp"
#include "hermes/runtime/memory_needs.hpp"
#include "hermes/runtime/state_slices.hpp"
#include "hermes/runtime/trainer.hpp"

namespace hermes::runtime {

/// What one worker is held to.
struct WorkerLimits {
  RankMemory memory;
  double slowdown = 1.0;  ///< see RankSettings; at least 1
  /// Tells the server at the end what it took at most. Ranks in one process cannot know.
  bool tells_peak_memory = true;
  std::function<void()> kill = [] {};  ///< see FaultInjector
};

/// One worker rank: carries the decisions of protocol::Worker out on a channel and a trainer.
///
///     while (!node.is_finished()) { if (!node.turn()) node.rest(); }
///
/// Requires: channel and trainer outlive this. Single-threaded.
class WorkerNode {
 public:
  WorkerNode(const RunInputs& inputs, Channel& channel, Trainer& trainer, WorkerLimits limits = {});
  ~WorkerNode() { channel_.hand_states_to({}); }
  WorkerNode(const WorkerNode&) = delete;
  WorkerNode& operator=(const WorkerNode&) = delete;

  /// Takes what arrived, decides, does one slice of work. False: nothing to do at present, but to
  /// wait for a message or for rows.
  bool turn();

  /// Waits for a message, for rows, or for the next time to look after.
  void rest();

  /// Rounds that it has completed.
  std::uint64_t rounds() const { return worker_.totals().rounds; }
  /// A fault of its own work (Slow, NonFinite) strikes it.
  void suffer(const Fault& fault);

  bool is_finished() const { return worker_.state() == protocol::WorkerState::Finished; }
  protocol::StopReason reason() const { return reason_; }
  const std::string& detail() const { return detail_; }
  /// The server has lost workers: MPI cannot end in good order.
  bool peers_lost() const { return peers_lost_; }

 private:
  bool take_mail();
  bool can_work() const {
    return trainer_.is_busy() && !trainer_.is_waiting() && channel_.now() >= idle_until_;
  }
  void work();
  std::optional<protocol::WorkerEvent> work_a_slice(Instant before);
  void step(const protocol::WorkerEvent& event);
  void send_own_state(std::uint64_t round);
  void resume(const wire::DataMessage& slice);
  void act(const protocol::TellServer& effect);
  void act(const protocol::LoadAssignment& effect);
  void act(const protocol::AdoptModel& effect);
  void act(const protocol::StartRound& effect);
  void act(const protocol::FinishRound& effect);
  void act(const protocol::AbandonRound& effect);
  void act(const protocol::WorkerFinished& effect);

  Channel& channel_;
  Trainer& trainer_;
  WorkerLimits limits_;
  Duration heartbeat_;
  std::size_t slice_bytes_;  // of states
  protocol::Worker worker_;
  StateAssembly state_of_checkpoint_;
  std::optional<wire::ErrorFeedback> feedback_;  // as the channel's encoding needs it
  bool is_started_ = false;
  Duration compute_time_{};     // of the round, as the next
  Duration evaluation_time_{};  // measuring the local model
  Duration data_time_{};        // since the last round
  std::optional<Instant> loading_since_;
  bool is_to_spoil_ = false;
  double slow_factor_ = 1.0;                       // of a fault, beside limits_.slowdown
  Instant idle_until_{};                           // slowed down
  std::optional<protocol::WorkerEvent> finished_;  // work that is done, to be told after that
  protocol::StopReason reason_ = protocol::StopReason::Failed;
  std::string detail_;
  bool peers_lost_ = false;
};

}  // namespace hermes::runtime
