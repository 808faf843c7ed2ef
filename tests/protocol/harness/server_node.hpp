#pragma once

#include <deque>
#include <optional>
#include <variant>

#include "hermes/core/random.hpp"
#include "hermes/protocol/server.hpp"
#include "protocol/harness/node.hpp"

namespace hermes::protocol::harness {

/// Rank 0: the real protocol::Server and an executor that evaluates the toy problem.
class ServerNode final : public Node {
 public:
  explicit ServerNode(const Surroundings& surroundings);

  void interrupt();
  const Server& server() const { return server_; }
  StopReason finish_reason() const { return finish_reason_; }
  const std::optional<KeepBest>& best() const { return best_; }
  std::uint64_t checkpoints() const { return checkpoints_; }

 private:
  void on_frame(const Frame& frame) override;
  void on_tick() override;

  void step(const ServerEvent& event);
  void evaluate_next();
  double loss_of(const SharedParameters& parameters);
  void finish_evaluation(const Evaluate& asked);
  void finish_evaluation(const MeasureUpdate& asked);
  void carry_out(const TellWorker& effect);
  void carry_out(const Evaluate& effect);
  void carry_out(const MeasureUpdate& effect);
  void carry_out(const KeepBest& effect);
  void carry_out(const Note& effect);
  void carry_out(const SaveCheckpoint& effect);
  void carry_out(const ServerFinished& effect);

  Server server_;
  RandomStream random_;
  std::deque<std::variant<Evaluate, MeasureUpdate>> to_evaluate_;
  std::optional<KeepBest> best_;
  std::uint64_t checkpoints_ = 0;
  StopReason finish_reason_ = StopReason::Failed;
};

}  // namespace hermes::protocol::harness
