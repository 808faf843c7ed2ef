#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "protocol/harness/checker.hpp"

namespace hermes::protocol::harness {

/// The version grows by one per merge; every global model is finite; nothing is staler than old.
class VersionChecker final : public Checker {
 public:
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;

 private:
  Version version_{};
};

/// What the server may say to whom: tickets grow, nothing but Stop after the stop, nothing at all
/// to a worker that has left, and to a silent one no more than a deadline's worth of mail.
class SpeechChecker final : public Checker {
 public:
  explicit SpeechChecker(const Scenario& scenario);
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;

 private:
  void check_told(const TellWorker& tell, const ServerStep& step, Verdict& verdict);
  void check_patience(const ServerStep& step, Verdict& verdict);

  struct Ear {
    Ticket ticket{};
    bool has_left = false;
    double told_in_vain = 0.0;  ///< messages since it was last heard
  };
  Ear& ear(Rank rank) { return ears_[static_cast<std::size_t>(rank.value) - 1]; }

  LivenessConfig liveness_;
  CheckpointConfig checkpoint_;
  Instant last_step_{};
  std::vector<Ear> ears_;
  bool is_stopped_ = false;
};

/// One evaluation at a time, of growing versions; each model kept is better than the one before.
class EvaluationChecker final : public Checker {
 public:
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;

 private:
  bool is_running_ = false;
  Version newest_{};
  double best_loss_ = 1e300;
};

/// A worker has one unanswered report at most (a collected vote is said again, once, as a push),
/// trains under growing tickets, and keeps talking.
class WorkerChecker final : public Checker {
 public:
  explicit WorkerChecker(const Scenario& scenario)
      : heartbeat_(scenario.server.liveness.heartbeat), workers_(scenario.workers()) {}
  using Checker::after;
  void after(const WorkerStep& step, Verdict& verdict) override;

 private:
  struct Known {
    Ticket ticket{};
    Ticket answered{};  ///< the last ticket under which it reported and waited
    Ticket voted{};     ///< the last ticket under which it voted and was not yet collected
    Instant spoke{};
  };
  Duration heartbeat_;
  std::vector<Known> workers_;
};

/// A worker without any misfortune is never declared lost and ends as the server does; everybody
/// who is alive ends; nothing of a worker that said farewell is still on its way.
class EndChecker final : public Checker {
 public:
  explicit EndChecker(const Scenario& scenario) : scenario_(scenario) {}
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;
  void at_end(const WorldEnd& end, Verdict& verdict) override;

 private:
  const Scenario& scenario_;
};

}  // namespace hermes::protocol::harness
