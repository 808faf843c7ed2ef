#include "protocol/harness/general_checkers.hpp"

#include <algorithm>
#include <cmath>

#include "hermes/core/vector_ops.hpp"

namespace hermes::protocol::harness {

void VersionChecker::after(const ServerStep& step, Verdict& verdict) {
  bool has_merged = false;
  for_each_note<Merged>(step.effects, [&](const Merged& merged) {
    has_merged = true;
    verdict.require(merged.version == version_.next(), "versions grow by one per merge");
    verdict.require(!merged.updates.empty(), "a merge merges something");
    for (const MergedUpdate& update : merged.updates) {
      verdict.require(update.staleness <= version_.value, "no staleness beyond the start",
                      update.rank);
    }
    version_ = merged.version;
  });
  verdict.require(step.server.version() == version_, "each version is noted");
  if (has_merged) {
    verdict.require(all_finite(step.server.global().values()), "the global model is finite");
  }
}

SpeechChecker::SpeechChecker(const Scenario& scenario)
    : liveness_(scenario.server.liveness),
      checkpoint_(scenario.server.checkpoint),
      ears_(scenario.workers()) {}

void SpeechChecker::after(const ServerStep& step, Verdict& verdict) {
  for (const ServerEffect& effect : step.effects) {
    if (const auto* tell = std::get_if<TellWorker>(&effect)) {
      check_told(*tell, step, verdict);
    }
    if (const auto* note = std::get_if<Note>(&effect)) {
      is_stopped_ = is_stopped_ || std::holds_alternative<StopDecided>(note->record);
      if (const auto* left = std::get_if<WorkerLeft>(&note->record)) {
        ear(left->rank).has_left = true;
      }
    }
  }
  check_patience(step, verdict);
}

void SpeechChecker::check_told(const TellWorker& tell, const ServerStep& step, Verdict& verdict) {
  const MessageBody& body = tell.message.body;
  Ear& listener = ear(tell.to);
  verdict.require(!listener.has_left, "the server says nothing to who has left", tell.to);
  if (const auto* stop = std::get_if<Stop>(&body)) {
    listener.has_left = stop->reason == StopReason::Refused;
  } else if (const auto* release = std::get_if<Release>(&body)) {
    verdict.require(!is_stopped_, "no release after the stop", tell.to);
    verdict.require(release->ticket > listener.ticket, "tickets grow", tell.to);
    verdict.require(release->version <= step.server.version(), "no version of the future", tell.to);
    listener.ticket = release->ticket;
  } else if (std::holds_alternative<Collect>(body)) {
    verdict.require(!is_stopped_, "no collect after the stop", tell.to);
  }
}

void SpeechChecker::check_patience(const ServerStep& step, Verdict& verdict) {
  const bool was_away = step.now - last_step_ > liveness_.worker_timeout / 2.0;
  last_step_ = step.now;
  if (const auto* said = std::get_if<WorkerSaid>(&step.event)) {
    ear(said->from).told_in_vain = 0;
  } else if (const auto* garbled = std::get_if<WorkerGarbled>(&step.event)) {
    ear(garbled->from).told_in_vain = 0;
  }
  for_each_of<TellWorker>(step.effects,
                          [&](const TellWorker& tell) { ++ear(tell.to).told_in_vain; });
  for (const Peer& peer : step.server.roster().peers()) {
    Ear& listener = ear(peer.rank);
    listener.told_in_vain = was_away ? 0 : listener.told_in_vain;
    // Each checkpoint asks for states, and says when that is over.
    const double asked_max =
        checkpoint_.is_on ? 2.0 * (peer.silence.deadline() / checkpoint_.every + 2.0) : 0.0;
    const double told_max = peer.silence.deadline() / liveness_.heartbeat + 4.0 + asked_max;
    verdict.require(listener.told_in_vain <= told_max, "the mail of the silent does not pile up",
                    peer.rank);
  }
}

void EvaluationChecker::after(const ServerStep& step, Verdict& verdict) {
  if (std::holds_alternative<Evaluated>(step.event)) {
    is_running_ = false;
  }
  for_each_of<Evaluate>(step.effects, [&](const Evaluate& evaluate) {
    verdict.require(!is_running_, "one evaluation at a time");
    verdict.require(evaluate.version > newest_, "evaluated versions grow");
    is_running_ = true;
    newest_ = evaluate.version;
  });
  for_each_of<KeepBest>(step.effects, [&](const KeepBest& best) {
    verdict.require(best.loss < best_loss_, "the best gets better");
    verdict.require(best.version <= newest_, "the best was evaluated");
    best_loss_ = best.loss;
  });
}

void WorkerChecker::after(const WorkerStep& step, Verdict& verdict) {
  Known& known = workers_[static_cast<std::size_t>(step.rank.value) - 1];
  verdict.require(step.worker.ticket() >= known.ticket, "a worker's tickets grow", step.rank);
  known.ticket = step.worker.ticket();
  bool is_collected = false;
  if (const auto* said = std::get_if<ServerSaid>(&step.event)) {
    const auto* collect = std::get_if<Collect>(&said->message.body);
    if (collect != nullptr && collect->ticket == known.voted) {
      is_collected = true;
      known.voted = {};  // a vote is collected once
    }
  }
  for_each_of<TellServer>(step.effects, [&](const TellServer& tell) {
    known.spoke = step.now;
    if (const auto* report = std::get_if<Report>(&tell.body)) {
      verdict.require(report->ticket == known.ticket, "reports bear the present ticket", step.rank);
      const bool answers_collect =
          is_collected && report->kind == ReportKind::Push && report->ticket == known.answered;
      is_collected = false;
      verdict.require(report->ticket > known.answered || answers_collect,
                      "one awaited answer per ticket", step.rank);
      if (report->kind != ReportKind::Suppressed) {
        known.answered = report->ticket;
      }
      if (report->kind == ReportKind::Vote) {
        known.voted = report->ticket;
      }
    }
  });
  const bool is_tick = std::holds_alternative<Ticked>(step.event);
  if (is_tick && step.worker.state() != WorkerState::Finished) {
    verdict.require(step.now - known.spoke < heartbeat_, "a worker keeps talking", step.rank);
  }
}

void EndChecker::after(const ServerStep& step, Verdict& verdict) {
  for_each_note<WorkerLost>(step.effects, [&](const WorkerLost& lost) {
    verdict.require(!scenario_.faults.is_untouched(lost.rank), "nobody is lost without a reason",
                    lost.rank);
  });
}

void EndChecker::at_end(const WorldEnd& end, Verdict& verdict) {
  verdict.require(end.server.state() == ServerState::Finished, "the server finishes");
  for (const WorkerEnd& worker : end.workers) {
    if (!worker.is_dead) {
      verdict.require(worker.state == WorkerState::Finished, "everybody finishes", worker.rank);
    }
    if (scenario_.faults.is_untouched(worker.rank)) {
      verdict.require(worker.reason == end.reason, "all end for the same reason", worker.rank);
    }
    const std::vector<Rank>& misfits = scenario_.faults.misfits;
    const bool was_refused =
        std::find(misfits.begin(), misfits.end(), worker.rank) != misfits.end();
    if (end.server.roster().at(worker.rank).state == PeerState::Left && !was_refused) {
      verdict.require(worker.in_flight_up == 0, "a farewell is the last word", worker.rank);
    }
  }
}

}  // namespace hermes::protocol::harness
