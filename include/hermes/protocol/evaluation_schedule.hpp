#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>

#include "hermes/core/id.hpp"
#include "hermes/core/parameters.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::protocol {

/// Which versions of the global model are evaluated, and which is the best so far.
///
/// Every `every`-th version is due. One evaluation runs at a time. With `ordered` (barriers) no
/// due version is skipped: `blocks` holds the next due merge back until the present evaluation is
/// done, so two runs see the same evaluations. Otherwise a newer due version replaces one that
/// still waits, and nobody is held back.
class EvaluationSchedule {
 public:
  struct Model {
    Version version;
    SharedParameters parameters;
  };

  EvaluationSchedule(std::uint64_t every, bool ordered) : every_(every), ordered_(ordered) {}

  bool is_due(Version version) const { return version.value % every_ == 0; }
  /// True when the merge that makes `next` must wait.
  bool blocks(Version next) const { return ordered_ && !waiting_.empty() && is_due(next); }
  /// Offers a version for evaluation, due or not. Once is enough; versions grow.
  void offer(Model model);
  /// The version to evaluate now, if the evaluator is free; it is then in progress.
  std::optional<Model> take();
  bool is_idle() const { return !running_.has_value() && waiting_.empty(); }
  /// Forgets what waits and what runs: the run's outcome is decided.
  void close();

  /// The result for the version in progress. Returns that model when it is the new best (smallest
  /// loss), else nothing. A result for any other version, or a loss that is not finite, is no best.
  std::optional<Model> finish(Version version, double loss);

  /// For checkpoints.
  void save(StateWriter& state) const;
  void load(StateReader& state);

  bool is_evaluated(Version version) const { return newest_ && *newest_ >= version; }
  /// Evaluation periods between the newest and the best evaluated version.
  std::uint64_t periods_without_best() const;

 private:
  std::uint64_t every_;
  bool ordered_;
  std::optional<Model> running_;
  std::deque<Model> waiting_;  ///< one at most; two when ordered and the run ends
  std::optional<Version> newest_;
  Version best_{};
  double best_loss_ = std::numeric_limits<double>::infinity();
};

}  // namespace hermes::protocol
