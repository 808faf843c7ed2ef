#include "hermes/protocol/strategies/adaptive_allocation.hpp"
#include "hermes/core/state_archive.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

namespace hermes::protocol {
namespace {

/// Reports come from other ranks: times beyond these are no times, and would spoil the sums.
constexpr double kSecondsMin = 1e-9;
constexpr double kSecondsMax = 1e9;
/// Who is this near to the target stays as it is, even where the others are so alike that the
/// fences call it an outlier: a busy machine alone makes such differences.
constexpr double kNearEnough = 0.15;

bool meets(double seconds, double target, double tolerance) {
  return std::abs(seconds - target) <= tolerance * target;
}

std::string change_of(const Assignment& old, const ShardChoice& choice) {
  return "rows " + std::to_string(old.shard_rows) + " -> " + std::to_string(choice.rows) +
         ", mini-batch " + std::to_string(old.minibatch) + " -> " +
         std::to_string(choice.minibatch);
}

}  // namespace

ShardSize AdaptiveAllocation::initial(const Peer& peer) {
  const ShardChoice size = within_memory(peer, config_.rows, config_.minibatch);
  std::string why = "adaptive: initial size";
  if (size.rows != config_.rows || size.minibatch != config_.minibatch) {
    why += ", as much as its memory holds";
  }
  return {.rows = size.rows, .minibatch = size.minibatch, .why = std::move(why)};
}

void AdaptiveAllocation::observe(const Roster& roster, const Peer& peer) {
  const Report& report = peer.last_report;
  if (report.steps == 0 || peer.assignment.minibatch == 0 ||
      !(report.work_seconds() >= kSecondsMin && report.work_seconds() <= kSecondsMax)) {
    return;
  }
  Worker& me = worker(peer.rank);
  me.step_time.observe(peer.assignment.minibatch, report.steps, report.work_seconds());
  me.round_times.add(report.work_seconds());

  const std::vector<double> others = last_times_of_others(roster, peer);
  if (others.empty()) {
    return;  // nobody to be compared with: no verdict, for or against
  }
  me.fences = fences_of(others);
  me.others = others.size();
  Side side = Side::Inside;
  if (is_outlier(report.work_seconds(), me.fences)) {
    side = report.work_seconds() > me.fences.high ? Side::Slow : Side::Fast;
  }
  // Once too fast and once too slow is noise, not a size to correct.
  me.streak = side == Side::Inside ? 0 : 1 + (side == me.side ? me.streak : 0);
  me.side = side;
}

std::optional<ShardSize> AdaptiveAllocation::review(const Roster& roster, const Peer& peer) {
  const Assignment& old = peer.assignment;
  Worker& me = worker(peer.rank);
  const ShardChoice held = within_memory(peer, old.shard_rows, old.minibatch);
  if (held.rows != old.shard_rows || held.minibatch != old.minibatch) {
    me = Worker(config_.round);  // it came back as another process, maybe on another machine
    return ShardSize{held.rows, held.minibatch,
                     "adaptive: its memory holds no more; " + change_of(old, held)};
  }
  const bool has_choice = rows_max(peer, config_.minibatch_min) > 0;
  if (me.streak < config_.outlying_rounds || !has_choice) {
    return std::nullopt;
  }
  const double wanted = target(roster, peer);
  const double present =
      me.step_time.round_seconds(window_rows(old.pool_count, old.shard_rows), old.minibatch);
  if (meets(present, wanted, std::max(config_.tolerance, kNearEnough))) {
    return std::nullopt;
  }
  ShardChoice choice = find_shard(search_for(me, peer, wanted));
  // The same windows without room that they do not use.
  choice.rows =
      std::max(std::min(config_.rows_min, choice.rows), window_rows(old.pool_count, choice.rows));
  const bool is_nearer = std::abs(choice.seconds - wanted) < std::abs(present - wanted);
  if (!is_nearer) {
    return std::nullopt;
  }
  ShardSize size{choice.rows, choice.minibatch, explain(me, old, choice, wanted)};
  me.round_times.clear();
  me.streak = 0;
  me.side = Side::Inside;
  return size;
}

std::vector<double> AdaptiveAllocation::last_times_of_others(const Roster& roster,
                                                             const Peer& peer) const {
  std::vector<double> times;
  for (const Peer& other : roster.peers()) {
    const auto known = workers_.find(other.rank);
    if (other.rank != peer.rank && other.is_live() && known != workers_.end() &&
        !known->second.round_times.empty()) {
      times.push_back(known->second.round_times.last());
    }
  }
  return times;
}

/// T* for this worker, which is about to live again if it was lost; it has round times.
double AdaptiveAllocation::target(const Roster& roster, const Peer& reviewed) const {
  std::vector<double> times;
  for (const Peer& peer : roster.peers()) {
    const auto known = workers_.find(peer.rank);
    const bool counts = peer.is_live() || peer.rank == reviewed.rank;
    if (counts && known != workers_.end() && !known->second.round_times.empty()) {
      times.push_back(known->second.round_times.value());
    }
  }
  return median(times);
}

std::uint64_t AdaptiveAllocation::rows_max(const Peer& peer, std::uint32_t minibatch) const {
  const bool has_epochs = config_.round.unit == RoundLength::Unit::Epochs;
  const std::uint64_t useful = has_epochs ? peer.assignment.pool_count : peer.assignment.shard_rows;
  return std::min(useful, memory_.rows_max(peer.memory_budget, minibatch));
}

ShardSearch AdaptiveAllocation::search_for(const Worker& worker, const Peer& peer,
                                           double target) const {
  ShardSearch search;
  search.target = target;
  search.tolerance = config_.tolerance;
  search.rows_min = std::min(config_.rows_min, peer.assignment.shard_rows);
  search.minibatch_min = config_.minibatch_min;
  search.minibatch_max = config_.minibatch_max;
  search.minibatch = peer.assignment.minibatch;
  search.rows_max = [this, &peer](std::uint32_t minibatch) { return rows_max(peer, minibatch); };
  search.round_seconds = [&worker, pool = peer.assignment.pool_count](std::uint64_t rows,
                                                                      std::uint32_t minibatch) {
    return worker.step_time.round_seconds(window_rows(pool, rows), minibatch);
  };
  return search;
}

/// This size, or as much of it as fits: first fewer rows, then a smaller mini-batch.
ShardChoice AdaptiveAllocation::within_memory(const Peer& peer, std::uint64_t rows,
                                              std::uint32_t minibatch) const {
  // Who cannot hold a single row beside a mini-batch of one is refused when it joins.
  while (minibatch > 1 && memory_.rows_max(peer.memory_budget, minibatch) == 0) {
    minibatch /= 2;
  }
  const std::uint64_t held = memory_.rows_max(peer.memory_budget, minibatch);
  return {.rows = std::min(rows, std::max<std::uint64_t>(1, held)), .minibatch = minibatch};
}

std::string AdaptiveAllocation::explain(const Worker& worker, const Assignment& old,
                                        const ShardChoice& choice, double target) const {
  const Fences& fences = worker.fences;
  std::ostringstream why;
  why.precision(3);
  why << "adaptive: too " << (worker.side == Side::Slow ? "slow" : "fast")
      << ", T = " << worker.round_times.last() << " s is outside [" << fences.low << ", "
      << fences.high << "] s ("
      << (fences.kind == Fences::Kind::Tukey ? "Tukey" : "ratio 1.5 to the median") << " of "
      << worker.others << " others) for " << worker.streak << " rounds; T* = " << target << " s; k("
      << old.minibatch << ") = " << worker.step_time.step_seconds(old.minibatch) << " s";
  if (choice.minibatch != old.minibatch) {
    why << ", k(" << choice.minibatch << ") = " << worker.step_time.step_seconds(choice.minibatch)
        << " s expected";
  }
  why << "; " << change_of(old, choice) << "; predicted T = " << choice.seconds << " s";
  if (!choice.fits) {
    why << " (no size meets T*: the nearest)";
  }
  return why.str();
}

void AdaptiveAllocation::save(StateWriter& state) const {
  state& std::uint64_t{workers_.size()};
  for (const auto& [rank, worker] : workers_) {
    const bool has_few = worker.fences.kind == Fences::Kind::Ratio;
    state& rank& static_cast<std::uint8_t>(worker.side) &
        worker.streak& has_few& worker.fences.low& worker.fences.high& worker.others;
    worker.step_time.save(state);
    worker.round_times.save(state);
  }
}

void AdaptiveAllocation::load(StateReader& state) {
  workers_.clear();
  for (std::size_t left = state.load_count(1); left > 0; --left) {
    Rank rank;
    state& rank;
    Worker& worker = workers_.try_emplace(rank, config_.round).first->second;
    enumerator(state, worker.side, Side::Slow, "side");
    bool has_few = false;
    state& worker.streak& has_few& worker.fences.low& worker.fences.high& worker.others;
    worker.fences.kind = has_few ? Fences::Kind::Ratio : Fences::Kind::Tukey;
    worker.step_time.load(state);
    worker.round_times.load(state);
    StateReader::expect(std::isfinite(worker.fences.low) && std::isfinite(worker.fences.high),
                        "finite fences");
    const bool has_times = worker.step_time.is_known() && !worker.round_times.empty();
    StateReader::expect(worker.streak == 0 || has_times, "times of an outlying worker");
  }
}

}  // namespace hermes::protocol
