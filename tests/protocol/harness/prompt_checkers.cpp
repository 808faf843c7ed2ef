#include "protocol/harness/prompt_checkers.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace hermes::protocol::harness {

void AtOnceChecker::after(const ServerStep& step, Verdict& verdict) {
  for_each_note<Merged>(step.effects, [&](const Merged& merged) {
    verdict.require(merged.updates.size() == 1, "at once: one push, one version");
  });
  if (step.server.state() == ServerState::Training) {
    verdict.require(step.server.roster().count(PeerState::Waiting) == 0,
                    "at once: nobody is kept waiting");
  }
}

void StalenessBoundChecker::after(const ServerStep& step, Verdict& verdict) {
  const Roster& roster = step.server.roster();
  if (step.server.state() == ServerState::Training) {
    const std::optional<Round> slowest = roster.slowest_clock();
    // Once everybody was lost there is no slowest that the first to return could be held against.
    was_deserted_ = was_deserted_ || !slowest;
    const auto lead = [&](const Peer& peer) { return peer.clock.value - slowest->value; };
    for_each_note<Released>(step.effects, [&](const Released& note) {
      const bool is_free = was_deserted_ && before_.was_reissued(step, note.rank);
      verdict.require(is_free || lead(roster.at(note.rank)) <= staleness_,
                      "ssp: nobody goes on who is too far ahead", note.rank);
    });
    for (const Peer& peer : roster.peers()) {
      verdict.require(!peer.is_waiting() || lead(peer) > staleness_,
                      "ssp: nobody is held who need not be", peer.rank);
      verdict.require(!peer.pending, "ssp: a push is merged at once", peer.rank);
    }
  }
  before_.remember(step);
}

void GateChecker::after(const WorkerStep& step, Verdict& verdict) {
  for_each_of<TellServer>(step.effects, [&](const TellServer& tell) {
    const auto* report = std::get_if<Report>(&tell.body);
    if (report == nullptr) {
      return;
    }
    const GateReading& gate = report->gate;
    switch (report->kind) {
      case ReportKind::Push:
        verdict.require(gate.z <= gate.threshold, "hermes: a push is significant", step.rank);
        break;
      case ReportKind::Suppressed:
        verdict.require(gate.z > gate.threshold || gate.sigma == 0.0,
                        "hermes: what is held back is not significant", step.rank);
        verdict.require(step.worker.state() == WorkerState::Computing,
                        "hermes: who is held back goes on", step.rank);
        break;
      case ReportKind::Pull:
        verdict.require(!std::isfinite(report->validation_loss), "hermes: only the lost pull",
                        step.rank);
        break;
      case ReportKind::Vote:
        verdict.require(false, "hermes: nobody votes", step.rank);
        break;
    }
  });
}

void OverlapChecker::after(const WorkerStep& step, Verdict& verdict) {
  Known& known = workers_[static_cast<std::size_t>(step.rank.value) - 1];
  if (const auto* said = std::get_if<ServerSaid>(&step.event)) {
    const auto* release = std::get_if<Release>(&said->message.body);
    if (release != nullptr && step.worker.ticket() == release->ticket) {
      for_each_of<AdoptModel>(step.effects, [&](const AdoptModel& adopt) {
        const bool has_answer = known.is_in_flight && adopt.source == ModelSource::Attached;
        verdict.require(adopt.rebase == has_answer,
                        "overlap: what was learned since a push is taken over", step.rank);
        known = {};
      });
    }
  }
  if (std::holds_alternative<RoundFinished>(step.event) && known.is_in_flight) {
    ++known.held;
    verdict.require(known.held == 1, "overlap: one round is held at most", step.rank);
  }
  for_each_of<TellServer>(step.effects, [&](const TellServer& tell) {
    const auto* report = std::get_if<Report>(&tell.body);
    if (report == nullptr) {
      return;
    }
    verdict.require(!known.is_in_flight, "overlap: one push in flight at a time", step.rank);
    if (report->kind == ReportKind::Push) {
      known.is_in_flight = true;
      verdict.require(step.worker.state() == WorkerState::Computing,
                      "overlap: who pushes trains on", step.rank);
    }
  });
}

void MeasureChecker::after(const ServerStep& step, Verdict& verdict) {
  if (const auto* measured = std::get_if<UpdateMeasured>(&step.event)) {
    const Peer& peer = step.server.roster().at(measured->rank);
    if (std::isfinite(measured->loss) && measured->ticket == peer.last_report.ticket) {
      stage(measured->rank) = Stage::Measured;
    }
  }
  for_each_note<ReportAccepted>(step.effects, [&](const ReportAccepted& accepted) {
    if (accepted.report.kind == ReportKind::Push) {
      stage(accepted.rank) = Stage::None;
    }
  });
  for_each_of<MeasureUpdate>(step.effects, [&](const MeasureUpdate& asked) {
    verdict.require(stage(asked.rank) == Stage::None, "measure: once per push", asked.rank);
    stage(asked.rank) = Stage::Asked;
  });
  for_each_note<Merged>(step.effects, [&](const Merged& merged) {
    for (const MergedUpdate& update : merged.updates) {
      verdict.require(stage(update.rank) == Stage::Measured, "measure: first measured, then merged",
                      update.rank);
    }
  });
}

}  // namespace hermes::protocol::harness
