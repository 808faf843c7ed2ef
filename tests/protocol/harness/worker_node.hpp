#pragma once

#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/protocol/worker.hpp"
#include "protocol/harness/node.hpp"

namespace hermes::protocol::harness {

/// A worker rank: the real protocol::Worker and an executor that trains the toy problem.
class WorkerNode final : public Node {
 public:
  WorkerNode(const Surroundings& surroundings, Rank rank);

  /// The executor gives up.
  void fail(StopReason reason);

  Rank rank() const { return rank_; }
  const Worker& worker() const { return worker_; }
  StopReason finish_reason() const { return finish_reason_; }

 private:
  void on_start() override;
  void on_frame(const Frame& frame) override;
  void on_tick() override;

  void step(const WorkerEvent& event);
  void carry_out(const TellServer& effect);
  void carry_out(const LoadAssignment& effect);
  void carry_out(const AdoptModel& effect);
  void carry_out(const StartRound& effect);
  void carry_out(const FinishRound& effect);
  void carry_out(const AbandonRound& effect);
  void carry_out(const WorkerFinished& effect);

  void finish_round(const RoundOutcome& outcome);
  RoundOutcome train();
  RoundOutcome train_open_ended();
  SharedParameters payload_of(PayloadKind kind);

  Rank rank_;
  Worker worker_;
  std::vector<float> initial_;
  std::vector<float> pulled_;
  std::vector<float> local_;
  std::vector<float> sent_;  ///< what it was when it was last pushed
  Assignment assignment_{};
  double first_cost_ = 0.0;  ///< of a round under the first assignment; Timing::round is for that
  Instant round_began_{};
  RoundNeeds needs_{};
  RandomStream training_random_;
  RandomStream timing_random_;
  bool is_training_ = false;
  StopReason finish_reason_ = StopReason::Failed;
};

}  // namespace hermes::protocol::harness
