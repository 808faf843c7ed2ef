#include "protocol/harness/strategy_checkers.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "protocol/harness/allocation_checker.hpp"
#include "protocol/harness/general_checkers.hpp"
#include "protocol/harness/push_ledger.hpp"

namespace hermes::protocol::harness {
namespace {

std::set<Rank> released_in(const ServerStep& step) {
  std::set<Rank> released;
  for_each_note<Released>(step.effects,
                          [&released](const Released& note) { released.insert(note.rank); });
  return released;
}

}  // namespace

void BspChecker::after(const ServerStep& step, Verdict& verdict) {
  const Roster& roster = step.server.roster();
  const std::set<Rank> released = released_in(step);
  for_each_note<Merged>(step.effects, [&](const Merged& merged) {
    for (const MergedUpdate& update : merged.updates) {
      verdict.require(update.staleness == 0, "bsp: nothing stale is merged", update.rank);
    }
    for (const Peer& peer : roster.peers()) {
      verdict.require(!peer.pending, "bsp: a barrier leaves nothing pending", peer.rank);
      const bool goes_on = step.server.state() != ServerState::Training || !peer.is_live() ||
                           released.contains(peer.rank);
      verdict.require(goes_on, "bsp: the barrier releases all who live", peer.rank);
    }
  });

  Round slowest{UINT64_MAX};
  Round fastest{};
  for (const Peer& peer : roster.peers()) {
    if (peer.is_live()) {
      slowest = std::min(slowest, peer.clock);
      fastest = std::max(fastest, peer.clock);
      const bool is_current = peer.state != PeerState::Computing ||
                              peer.pulled == step.server.version() || peer.ticket.value == 0;
      verdict.require(is_current || step.server.state() != ServerState::Training,
                      "bsp: who computes has the newest version", peer.rank);
    }
  }
  const bool is_over = step.server.state() != ServerState::Training;
  // Once everybody was lost there is no present round that the first to return could join.
  was_deserted_ = was_deserted_ || (!is_over && roster.live_count() == 0);
  verdict.require(is_over || was_deserted_ || fastest <= slowest || fastest == slowest.next(),
                  "bsp: nobody is more than a round ahead");
}

void AtOnceChecker::after(const ServerStep& step, Verdict& verdict) {
  for_each_note<Merged>(step.effects, [&](const Merged& merged) {
    verdict.require(merged.updates.size() == 1, "at once: one push, one version");
  });
  if (step.server.state() == ServerState::Training) {
    verdict.require(step.server.roster().count(PeerState::Waiting) == 0,
                    "at once: nobody is kept waiting");
  }
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

Checkers make_checkers(const Scenario& scenario) {
  Checkers checkers;
  checkers.push_back(std::make_unique<VersionChecker>());
  checkers.push_back(std::make_unique<PushLedger>(scenario.workers()));
  checkers.push_back(std::make_unique<SpeechChecker>(scenario));
  checkers.push_back(std::make_unique<EvaluationChecker>());
  checkers.push_back(std::make_unique<WorkerChecker>(scenario));
  checkers.push_back(std::make_unique<EndChecker>(scenario));
  checkers.push_back(std::make_unique<AllocationChecker>(scenario));

  struct StrategyCheckers {
    Checkers& checkers;
    void operator()(const BspConfig& /*config*/) const {
      checkers.push_back(std::make_unique<BspChecker>());
    }
    void operator()(const AspConfig& /*config*/) const {
      checkers.push_back(std::make_unique<AtOnceChecker>());
    }
    void operator()(const SspConfig& /*config*/) const {}
    void operator()(const EbspConfig& /*config*/) const {}
    void operator()(const SelSyncConfig& /*config*/) const {}
    void operator()(const TimeboxConfig& /*config*/) const {}
    void operator()(const HermesConfig& /*config*/) const {
      checkers.push_back(std::make_unique<AtOnceChecker>());
      checkers.push_back(std::make_unique<GateChecker>());
    }
  };
  std::visit(StrategyCheckers{checkers}, scenario.strategy);
  return checkers;
}

}  // namespace hermes::protocol::harness
