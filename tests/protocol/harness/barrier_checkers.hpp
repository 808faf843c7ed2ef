#pragma once

#include <cstdint>
#include <vector>

#include "protocol/harness/checker.hpp"
#include "protocol/harness/previous_states.hpp"

namespace hermes::protocol::harness {

/// bsp, ebsp: whoever waits is merged and released with all other live workers, at once and of one
/// version.
class BarrierChecker final : public Checker {
 public:
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;
};

/// bsp: nobody is more than a round ahead.
class LockstepChecker final : public Checker {
 public:
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;

 private:
  bool was_deserted_ = false;
};

/// ebsp: a grant is of 1 to R rounds, and a worker reports the last of them, no other, as a push.
class ElasticPlanChecker final : public Checker {
 public:
  ElasticPlanChecker(std::uint32_t horizon, std::uint32_t workers)
      : horizon_(horizon), plans_(workers) {}
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;
  void after(const WorkerStep& step, Verdict& verdict) override;

 private:
  struct Plan {
    Ticket ticket{};
    std::uint32_t rounds_left = 0;
  };
  std::uint32_t horizon_;
  std::vector<Plan> plans_;
};

/// selsync: one yes synchronises all: every payload was asked for, all come from one version, all
/// live workers get the merged model. Without a yes all keep their own.
class BallotChecker final : public Checker {
 public:
  explicit BallotChecker(std::uint32_t workers)
      : before_(workers), has_voted_yes_(workers), is_collected_(workers) {}
  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;

 private:
  void follow_votes(const ServerStep& step, Verdict& verdict);
  void check_releases(const ServerStep& step, Verdict& verdict) const;
  static std::size_t index(Rank rank) { return static_cast<std::size_t>(rank.value) - 1; }

  PreviousStates before_;
  std::vector<bool> has_voted_yes_;  ///< since its last release
  std::vector<bool> is_collected_;   ///< was asked for its payload since its last release
};

}  // namespace hermes::protocol::harness
