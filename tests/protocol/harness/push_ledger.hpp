#pragma once

#include <cstdint>
#include <vector>

#include "protocol/harness/checker.hpp"

namespace hermes::protocol::harness {

/// Each push that reaches the server is rejected once, or accepted and later merged or rejected
/// once; a worker never has two pending.
class PushLedger final : public Checker {
 public:
  explicit PushLedger(std::uint32_t workers) : is_pending_(workers) {}

  using Checker::after;
  void after(const ServerStep& step, Verdict& verdict) override;
  void at_end(const WorldEnd& end, Verdict& verdict) override;

 private:
  void settle(const Record& record, Rank pusher, Verdict& verdict);
  std::size_t index(Rank rank) const { return static_cast<std::size_t>(rank.value) - 1; }

  std::vector<bool> is_pending_;
  bool is_unanswered_ = false;  ///< the push of this very step has no verdict yet
  std::uint64_t arrived_ = 0;
  std::uint64_t merged_ = 0;
  std::uint64_t rejected_ = 0;
};

}  // namespace hermes::protocol::harness
