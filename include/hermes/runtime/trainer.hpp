#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "hermes/core/parameters.hpp"
#include "hermes/core/targets.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/nn/optimizer.hpp"
#include "hermes/protocol/worker.hpp"
#include "hermes/runtime/evaluator.hpp"
#include "hermes/runtime/run_inputs.hpp"
#include "hermes/runtime/shard_feed.hpp"
#include "hermes/wire/error_feedback.hpp"

namespace hermes::runtime {

/// A worker's hands: loads assignments, trains rounds and measures the local model, in slices of
/// one mini-batch (or of some rows read) each.
///
/// Call order: as the effects of protocol::Worker ask; `advance` while `is_busy`.
/// Throws DataError for data that cannot be read. Single-threaded.
class Trainer {
 public:
  /// Requires: inputs outlives this.
  Trainer(const RunInputs& inputs, Rank rank) : Trainer(inputs, rank, make_row_source(inputs)) {}
  /// With the rows of another source.
  Trainer(const RunInputs& inputs, Rank rank, std::unique_ptr<data::RowSource> rows);
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  void load(const protocol::Assignment& assignment);
  void adopt(protocol::ModelSource source, const SharedParameters& parameters);
  /// Takes what was learned since the last payload over to a new model; a round in progress goes
  /// on.
  void rebase(const SharedParameters& parameters);
  /// Open-ended: until `finish_early`, instead of the configured length.
  void start_round(protocol::RoundNeeds needs, bool is_open_ended);
  /// Ends the round after its present mini-batch, at least one.
  void finish_early();
  void abandon_round();

  bool is_busy() const { return phase_ != Phase::Idle; }
  /// Busy with rows, not with the model.
  bool is_loading() const {
    return phase_ == Phase::LoadingAssignment || phase_ == Phase::LoadingWindow;
  }
  /// Busy with measuring the local model.
  bool is_measuring() const { return phase_ == Phase::Validating; }
  /// Busy, but there is nothing to do before rows arrive that come by themselves.
  bool is_waiting() const { return is_loading() && feed_.is_waiting(); }
  /// One slice of the work at hand; an event when it is done (AssignmentLoaded, RoundFinished).
  /// The outcome's seconds are the caller's to fill in: there is no clock here.
  std::optional<protocol::WorkerEvent> advance();

  /// The payload of a push. Parameters are shared without a copy: they stay as they are until the
  /// next release. With `feedback` a difference goes through it; parameters cannot.
  SharedParameters payload(protocol::PayloadKind kind, wire::ErrorFeedback* feedback = nullptr);

  /// Everything at the end of a round, for checkpoints.
  void save(StateWriter& state) const;
  /// Before the first assignment. Throws DecodeError or DataError for a state of another run.
  void resume(StateReader& state);

  /// What the optimizer remembers becomes zero; the schedule of the learning rate goes on.
  void forget_momentum();
  /// A weight becomes NaN, as in a broken memory.
  void spoil() { network_->parameters().back() = std::numeric_limits<float>::quiet_NaN(); }

  /// Floating-point operations since the last call (see compute_cost.hpp).
  double take_flops() { return std::exchange(flops_, 0.0) + evaluator_.take_flops(); }

  const nn::Network& network() const { return *network_; }

 private:
  enum class Phase { Idle, LoadingAssignment, LoadingWindow, Training, Validating };

  std::optional<protocol::WorkerEvent> load_some();
  void train_minibatch();
  /// Work on all parameters has been done.
  void count_pass(double flops_per_value, double passes = 1.0);
  bool is_round_over() const;
  std::optional<protocol::WorkerEvent> end_training();
  std::optional<protocol::WorkerEvent> finish_round();

  const RunInputs& inputs_;
  std::shared_ptr<nn::Network> network_;  // shared with payloads in flight
  std::unique_ptr<nn::Optimizer> optimizer_;
  nn::LearningRate learning_rate_;
  nn::LossSpec loss_;
  ParameterPool pool_;
  SharedParameters pulled_;
  SharedParameters sent_;  // the last payload, a difference from sent_base_
  SharedParameters sent_base_;

  ShardFeed feed_;
  Evaluator evaluator_;

  Phase phase_ = Phase::Idle;
  protocol::RoundNeeds needs_;
  bool is_open_ended_ = false;
  bool is_to_finish_ = false;
  std::uint64_t passes_done_ = 0;
  protocol::RoundOutcome outcome_;
  double loss_sum_ = 0.0;
  double norm_sum_ = 0.0;
  double flops_per_row_ = 0.0;
  double flops_ = 0.0;
  AlignedVector<float> x_;
  TargetBuffer targets_;
  AlignedVector<float> output_gradient_;
};

}  // namespace hermes::runtime
