#include "protocol/harness/allocation_checker.hpp"

#include <algorithm>
#include <variant>

namespace hermes::protocol::harness {

AllocationChecker::AllocationChecker(const Scenario& scenario)
    : scenario_(scenario),
      context_(scenario.context(kServerRank)),
      noted_(static_cast<std::size_t>(scenario.workers())) {}

void AllocationChecker::after(const ServerStep& step, Verdict& verdict) {
  for (const ServerEffect& effect : step.effects) {
    if (const auto* note = std::get_if<Note>(&effect)) {
      if (const auto* change = std::get_if<AssignmentChanged>(&note->record)) {
        check_change(*change, verdict);
      }
    } else if (const auto* tell = std::get_if<TellWorker>(&effect)) {
      if (const auto* release = std::get_if<Release>(&tell->message.body)) {
        verdict.require(release->assignment == noted(tell->to),
                        "workers train on what was noted last", tell->to);
      }
    }
  }
}

void AllocationChecker::check_change(const AssignmentChanged& change, Verdict& verdict) {
  const Assignment& now = change.assignment;
  Assignment& before = noted(change.rank);
  verdict.require(now.generation == before.generation + 1, "generations grow by one", change.rank);
  verdict.require(!change.why.empty(), "each change says why", change.rank);
  verdict.require(now.shard_rows > 0 && now.shard_rows <= now.pool_count && now.minibatch > 0,
                  "a shard is a part of its pool", change.rank);
  const std::uint64_t budget = scenario_.memory_of(change.rank);
  verdict.require(now.shard_rows <= context_.memory.rows_max(budget, now.minibatch),
                  "nobody gets more rows than its memory holds", change.rank);
  if (const auto* adaptive = std::get_if<AdaptiveAllocationConfig>(&context_.allocation)) {
    verdict.require(now.shard_rows != before.shard_rows || now.minibatch != before.minibatch,
                    "a change changes something", change.rank);
    // The first size is the configured one; and where memory holds no row beside it, a smaller one.
    const std::uint32_t low = std::min(adaptive->minibatch, adaptive->minibatch_min);
    const std::uint32_t high = std::max(adaptive->minibatch, adaptive->minibatch_max);
    const bool has_room = context_.memory.rows_max(budget, low) > 0;
    verdict.require((now.minibatch >= low || !has_room) && now.minibatch <= high,
                    "mini-batches stay within their bounds", change.rank);
  }
  before = now;
}

}  // namespace hermes::protocol::harness
