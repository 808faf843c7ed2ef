#include "protocol/harness/barrier_checkers.hpp"

#include <algorithm>
#include <set>

namespace hermes::protocol::harness {
namespace {

std::set<Rank> released_in(const ServerStep& step) {
  std::set<Rank> released;
  for_each_note<Released>(step.effects,
                          [&released](const Released& note) { released.insert(note.rank); });
  return released;
}

}  // namespace

void BarrierChecker::after(const ServerStep& step, Verdict& verdict) {
  const Roster& roster = step.server.roster();
  const bool is_training = step.server.state() == ServerState::Training;
  const std::set<Rank> released = released_in(step);
  for_each_note<Merged>(step.effects, [&](const Merged& merged) {
    for (const MergedUpdate& update : merged.updates) {
      verdict.require(update.staleness == 0, "barrier: nothing stale is merged", update.rank);
    }
    for (const Peer& peer : roster.peers()) {
      verdict.require(!peer.pending, "barrier: it leaves nothing pending", peer.rank);
      const bool goes_on =
          !peer.is_live() || (is_training ? released.contains(peer.rank) : peer.is_waiting());
      verdict.require(goes_on, "barrier: all who live wait and are released together", peer.rank);
    }
  });
  for (const Peer& peer : roster.peers()) {
    const bool is_old = peer.state == PeerState::Computing &&
                        peer.pulled != step.server.version() && peer.ticket.value != 0;
    verdict.require(!is_old || !is_training, "barrier: who computes has the newest version",
                    peer.rank);
  }
}

void LockstepChecker::after(const ServerStep& step, Verdict& verdict) {
  const Roster& roster = step.server.roster();
  Round slowest{UINT64_MAX};
  Round fastest{};
  for (const Peer& peer : roster.peers()) {
    if (peer.is_live()) {
      slowest = std::min(slowest, peer.clock);
      fastest = std::max(fastest, peer.clock);
    }
  }
  const bool is_over = step.server.state() != ServerState::Training;
  // Once everybody was lost there is no present round that the first to return could join.
  was_deserted_ = was_deserted_ || (!is_over && roster.live_count() == 0);
  verdict.require(is_over || was_deserted_ || fastest <= slowest || fastest == slowest.next(),
                  "bsp: nobody is more than a round ahead");
}

void ElasticPlanChecker::after(const ServerStep& step, Verdict& verdict) {
  for_each_of<TellWorker>(step.effects, [&](const TellWorker& tell) {
    if (const auto* release = std::get_if<Release>(&tell.message.body)) {
      const bool is_in_range = release->plan.rounds >= 1 && release->plan.rounds <= horizon_;
      verdict.require(is_in_range, "ebsp: a grant is of 1 to R rounds", tell.to);
    }
  });
}

void ElasticPlanChecker::after(const WorkerStep& step, Verdict& verdict) {
  Plan& plan = plans_[static_cast<std::size_t>(step.rank.value) - 1];
  if (const auto* said = std::get_if<ServerSaid>(&step.event)) {
    const auto* release = std::get_if<Release>(&said->message.body);
    if (release != nullptr && release->ticket > plan.ticket) {
      plan = {release->ticket, release->plan.rounds};
    }
  }
  for_each_of<TellServer>(step.effects, [&](const TellServer& tell) {
    if (const auto* report = std::get_if<Report>(&tell.body)) {
      verdict.require(plan.rounds_left > 0, "ebsp: no round beyond the grant", step.rank);
      --plan.rounds_left;
      verdict.require((report->kind == ReportKind::Push) == (plan.rounds_left == 0),
                      "ebsp: the last round of a grant is pushed, no other", step.rank);
    }
  });
}

void BallotChecker::follow_votes(const ServerStep& step, Verdict& verdict) {
  for_each_note<ReportAccepted>(step.effects, [&](const ReportAccepted& accepted) {
    const std::size_t i = index(accepted.rank);
    if (accepted.report.kind == ReportKind::Push) {
      verdict.require(is_collected_[i], "selsync: no payload without a collect", accepted.rank);
    } else {
      has_voted_yes_[i] = accepted.report.kind == ReportKind::Pull || accepted.report.vote;
    }
  });
  for_each_of<TellWorker>(step.effects, [&](const TellWorker& tell) {
    if (std::holds_alternative<Collect>(tell.message.body)) {
      verdict.require(!is_collected_[index(tell.to)], "selsync: a vote is collected once", tell.to);
      is_collected_[index(tell.to)] = true;
    }
  });
}

void BallotChecker::check_releases(const ServerStep& step, Verdict& verdict) const {
  const Roster& roster = step.server.roster();
  bool has_merged = false;
  for_each_note<Merged>(step.effects, [&](const Merged& merged) {
    has_merged = true;
    for (const MergedUpdate& update : merged.updates) {
      verdict.require(update.staleness == 0, "selsync: nothing stale is merged", update.rank);
    }
  });
  bool is_open = has_merged;  // this step ended a ballot
  bool with_model = false;
  bool without_model = false;
  for_each_note<Released>(step.effects, [&](const Released& note) {
    if (before_.was_reissued(step, note.rank) || before_.of(note.rank) == PeerState::Joined) {
      return;
    }
    is_open = true;
    (note.with_model ? with_model : without_model) = true;
    verdict.require(note.with_model || roster.at(note.rank).pulled == step.server.version(),
                    "selsync: nobody goes on from a model that the others left", note.rank);
    verdict.require(note.with_model || !has_voted_yes_[index(note.rank)],
                    "selsync: one yes synchronises all", note.rank);
  });
  verdict.require(!(with_model && without_model), "selsync: a ballot has one outcome");
  verdict.require(!(has_merged && without_model), "selsync: after a merge all get the model");
  const bool is_training = step.server.state() == ServerState::Training;
  for (const Peer& peer : roster.peers()) {
    if (is_open && is_training) {
      verdict.require(!peer.pending, "selsync: all pending is merged", peer.rank);
      verdict.require(!peer.is_live() || peer.state == PeerState::Computing,
                      "selsync: a ballot releases all who live", peer.rank);
    }
    // A synchronisation merges all whom it finds of the present version.
    const bool was_due = has_merged && peer.is_live() && peer.last_report.kind == ReportKind::Vote;
    verdict.require(!was_due || peer.last_report.base.next() != step.server.version() ||
                        before_.was_reissued(step, peer.rank),
                    "selsync: after a yes all are collected", peer.rank);
  }
}

void BallotChecker::after(const ServerStep& step, Verdict& verdict) {
  follow_votes(step, verdict);
  check_releases(step, verdict);
  for_each_note<Released>(step.effects, [&](const Released& note) {
    has_voted_yes_[index(note.rank)] = false;
    is_collected_[index(note.rank)] = false;
  });
  before_.remember(step);
}

}  // namespace hermes::protocol::harness
