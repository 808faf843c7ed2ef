#include "protocol/harness/time_box_checker.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace hermes::protocol::harness {
namespace {

constexpr double kRounding = 1e-9;  // of instants

/// Samples per second; nothing while it was not measured.
std::optional<double> rate(const Peer& peer) {
  const Report& report = peer.last_report;
  if (report.compute_seconds <= 0.0) {
    return std::nullopt;
  }
  return static_cast<double>(report.samples) / report.compute_seconds;
}

std::set<Rank> dropped_in(const ServerStep& step) {
  std::set<Rank> dropped;
  for_each_note<ReportRejected>(step.effects, [&](const ReportRejected& rejected) {
    if (rejected.reason == RejectReason::Stale) {
      dropped.insert(rejected.rank);
    }
  });
  return dropped;
}

}  // namespace

void TimeBoxChecker::check_merge(const ServerStep& step, const Merged& merged, Verdict& verdict) {
  for (const MergedUpdate& update : merged.updates) {
    verdict.require(update.staleness <= 1, "timebox: nothing old is merged", update.rank);
  }
  const bool is_over = box_ && step.now >= deadline();
  for (const Peer& peer : step.server.roster().peers()) {
    verdict.require(!peer.pending, "timebox: a merge leaves nothing pending", peer.rank);
    const bool is_awaited = peer.state == PeerState::Computing &&
                            peer.pulled.next() == merged.version && box_.has_value();
    verdict.require(!is_awaited || is_over, "timebox: no merge before the time", peer.rank);
    const bool is_left = peer.is_waiting() && step.server.state() == ServerState::Training;
    verdict.require(!is_left || config_.contribution_cut > 0.0,
                    "timebox: a merge leaves nobody waiting", peer.rank);
  }
  measure_transfers(step, merged);
}

/// The median of those who waited for this merge.
void TimeBoxChecker::measure_transfers(const ServerStep& step, const Merged& merged) {
  std::vector<double> transfers;
  const auto* said = std::get_if<WorkerSaid>(&step.event);
  for (const MergedUpdate& update : merged.updates) {
    const Peer& peer = step.server.roster().at(update.rank);
    if (before_.of(update.rank) == PeerState::Waiting ||
        (said != nullptr && said->from == update.rank)) {
      const double away = (peer.reported_at - before_.released_at(update.rank)).count();
      transfers.push_back(std::max(away - peer.last_report.round_seconds, 0.0));
    }
  }
  if (!transfers.empty()) {
    std::ranges::sort(transfers);
    transfer_ = seconds(transfers[transfers.size() / 2]);
  }
}

Instant TimeBoxChecker::deadline() const {
  return opened_at_ + (1.0 + config_.grace) * *box_ + transfer_;
}

void TimeBoxChecker::check_drops(const ServerStep& step, Verdict& verdict) const {
  for (const Rank rank : dropped_in(step)) {
    const Peer& peer = step.server.roster().at(rank);
    verdict.require(peer.last_report.base.next() < step.server.version(),
                    "timebox: what is one version old counts", rank);
    verdict.require(!peer.is_waiting() || step.server.state() != ServerState::Training,
                    "timebox: whose delta is dropped gets the model at once", rank);
  }
}

void TimeBoxChecker::check_grants(const ServerStep& step, Verdict& verdict) {
  const std::set<Rank> dropped = dropped_in(step);
  std::optional<double> common;
  for (const Peer& peer : step.server.roster().peers()) {
    bool is_released = false;
    for_each_note<Released>(step.effects, [&](const Released& note) {
      is_released = is_released || note.rank == peer.rank;
    });
    if (!is_released) {
      continue;
    }
    const double length = peer.plan.box_seconds;
    verdict.require(length > 0.0, "timebox: every round has an end", peer.rank);
    if (before_.was_reissued(step, peer.rank) || dropped.contains(peer.rank)) {
      verdict.require(!box_ || length <= box_->count() + kRounding,
                      "timebox: who returns gets the rest", peer.rank);
      continue;
    }
    verdict.require(common.value_or(length) == length, "timebox: all get the same time", peer.rank);
    const bool is_as_set =
        config_.box_seconds == 0.0 || std::abs(length - config_.box_seconds) < kRounding;
    verdict.require(is_as_set, "timebox: a fixed box is what was asked for", peer.rank);
    common = length;
  }
  if (common) {
    opened_at_ = step.now;
    box_ = seconds(*common);
    check_contribution(step, verdict);
  }
}

/// A live worker stands by exactly when those faster than it have the share already.
void TimeBoxChecker::check_contribution(const ServerStep& step, Verdict& verdict) const {
  const double share = config_.contribution_cut;
  if (share == 0.0) {
    return;
  }
  const std::vector<Rank> released = before_.released_by_rule(step);
  for (const Peer& peer : step.server.roster().peers()) {
    const std::optional<double> own = rate(peer);
    const bool goes_on = std::find(released.begin(), released.end(), peer.rank) != released.end();
    if (!goes_on && !peer.is_waiting()) {
      continue;  // trains already, or is not there
    }
    double total = 0.0;
    double faster = 0.0;
    for (const Peer& other : step.server.roster().peers()) {
      if (!other.is_live()) {
        continue;
      }
      const double theirs = rate(other).value_or(0.0);
      total += theirs;
      const bool is_faster =
          theirs > own.value_or(0.0) || (theirs == own && other.rank < peer.rank);
      faster += is_faster ? theirs : 0.0;
    }
    const bool is_needed = !own || faster < share * total * (1.0 - 1e-9);
    const bool is_needless = own && faster > share * total * (1.0 + 1e-9);
    verdict.require(goes_on || !is_needed, "timebox: who contributes trains", peer.rank);
    verdict.require(!goes_on || !is_needless, "timebox: no more than the share trains", peer.rank);
    verdict.require(goes_on || !peer.pending, "timebox: a standby holds nothing", peer.rank);
  }
}

void TimeBoxChecker::check_deadline(const ServerStep& step, Verdict& verdict) {
  const bool has_dropped = !dropped_in(step).empty();
  bool has_pending = false;
  bool has_waiting = false;
  bool has_trainer = false;
  for (const Peer& peer : step.server.roster().peers()) {
    has_pending = has_pending || peer.pending;
    has_waiting = has_waiting || peer.is_waiting();
    has_trainer =
        has_trainer || (peer.state == PeerState::Computing && peer.pulled == step.server.version());
  }
  if (box_ && has_pending && has_waiting && !has_dropped) {
    verdict.require(step.now < deadline(), "timebox: the deadline holds");
    verdict.require(has_trainer, "timebox: nobody waits for nobody");
  }
  if (has_waiting && !has_trainer) {
    box_.reset();  // a box without workers begins anew with every event, unseen
  }
}

void TimeBoxChecker::after(const ServerStep& step, Verdict& verdict) {
  for_each_note<Merged>(step.effects,
                        [&](const Merged& merged) { check_merge(step, merged, verdict); });
  check_drops(step, verdict);
  check_grants(step, verdict);
  if (step.server.state() == ServerState::Training) {
    check_deadline(step, verdict);
  }
  before_.remember(step);
}

}  // namespace hermes::protocol::harness
