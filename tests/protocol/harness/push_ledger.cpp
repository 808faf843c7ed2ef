#include "protocol/harness/push_ledger.hpp"

#include <algorithm>

namespace hermes::protocol::harness {
namespace {

/// The worker whose push this event is; rank 0 when it is none.
Rank pusher_of(const ServerEvent& event) {
  const auto* said = std::get_if<WorkerSaid>(&event);
  return said != nullptr && !said->message.payload.empty() ? said->from : kServerRank;
}

}  // namespace

void PushLedger::after(const ServerStep& step, Verdict& verdict) {
  const Rank pusher = pusher_of(step.event);
  // The server no longer listens to a worker that has left.
  const bool is_heard =
      pusher != kServerRank &&
      (!step.effects.empty() || step.server.roster().at(pusher).state != PeerState::Left);
  is_unanswered_ = is_heard;
  arrived_ += is_heard ? 1 : 0;
  for_each_of<Note>(step.effects, [&](const Note& note) { settle(note.record, pusher, verdict); });
  verdict.require(!is_unanswered_, "each push is answered", pusher);
  for (const Peer& peer : step.server.roster().peers()) {
    verdict.require(peer.pending.has_value() == is_pending_[index(peer.rank)],
                    "pending updates are accounted for", peer.rank);
  }
}

void PushLedger::settle(const Record& record, Rank pusher, Verdict& verdict) {
  if (const auto* accepted = std::get_if<ReportAccepted>(&record)) {
    if (accepted->report.kind == ReportKind::Push) {
      verdict.require(is_unanswered_ && accepted->rank == pusher, "one answer per push", pusher);
      verdict.require(!is_pending_[index(pusher)], "one pending update per worker", pusher);
      is_unanswered_ = false;
      is_pending_[index(pusher)] = true;
    }
  } else if (const auto* rejected = std::get_if<ReportRejected>(&record)) {
    if (!rejected->had_payload) {
      return;
    }
    ++rejected_;
    if (is_unanswered_ && rejected->rank == pusher) {
      is_unanswered_ = false;
      return;
    }
    verdict.require(is_pending_[index(rejected->rank)], "a push is rejected once", rejected->rank);
    is_pending_[index(rejected->rank)] = false;
  } else if (const auto* merged = std::get_if<Merged>(&record)) {
    for (const MergedUpdate& update : merged->updates) {
      ++merged_;
      verdict.require(is_pending_[index(update.rank)], "a push is merged once", update.rank);
      is_pending_[index(update.rank)] = false;
    }
  }
}

void PushLedger::at_end(const WorldEnd& /*end*/, Verdict& verdict) {
  verdict.require(std::none_of(is_pending_.begin(), is_pending_.end(), [](bool is) { return is; }),
                  "no push is pending at the end");
  verdict.require(arrived_ == merged_ + rejected_, "pushes = merged + rejected");
}

}  // namespace hermes::protocol::harness
