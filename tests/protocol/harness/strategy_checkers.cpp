#include <memory>
#include <variant>

#include "protocol/harness/allocation_checker.hpp"
#include "protocol/harness/barrier_checkers.hpp"
#include "protocol/harness/checker.hpp"
#include "protocol/harness/general_checkers.hpp"
#include "protocol/harness/prompt_checkers.hpp"
#include "protocol/harness/push_ledger.hpp"
#include "protocol/harness/time_box_checker.hpp"

namespace hermes::protocol::harness {
namespace {

struct StrategyCheckers {
  std::uint32_t workers;
  Checkers& checkers;

  template <class Concrete, class... Args>
  void add(Args&&... args) const {
    checkers.push_back(std::make_unique<Concrete>(std::forward<Args>(args)...));
  }
  void operator()(const BspConfig& /*bsp*/) const {
    add<BarrierChecker>();
    add<LockstepChecker>();
  }
  void operator()(const AspConfig& /*asp*/) const { add<AtOnceChecker>(); }
  void operator()(const SspConfig& ssp) const {
    add<StalenessBoundChecker>(ssp.staleness, workers);
  }
  void operator()(const EbspConfig& ebsp) const {
    add<BarrierChecker>();
    add<ElasticPlanChecker>(ebsp.horizon, workers);
  }
  void operator()(const SelSyncConfig& /*selsync*/) const { add<BallotChecker>(workers); }
  void operator()(const HermesConfig& hermes) const {
    add<AtOnceChecker>();
    add<GateChecker>();
    if (hermes.overlap) {
      add<OverlapChecker>(workers);
    }
    if (hermes.merge == HermesMerge::LossWeighted && hermes.weights == LossSource::Server) {
      add<MeasureChecker>(workers);
    }
  }
  void operator()(const TimeboxConfig& timebox) const { add<TimeBoxChecker>(timebox, workers); }
};

}  // namespace

Checkers make_checkers(const Scenario& scenario) {
  Checkers checkers;
  checkers.push_back(std::make_unique<VersionChecker>());
  checkers.push_back(std::make_unique<PushLedger>(scenario.workers()));
  checkers.push_back(std::make_unique<SpeechChecker>(scenario));
  checkers.push_back(std::make_unique<EvaluationChecker>());
  checkers.push_back(std::make_unique<WorkerChecker>(scenario));
  checkers.push_back(std::make_unique<EndChecker>(scenario));
  checkers.push_back(std::make_unique<AllocationChecker>(scenario));
  std::visit(StrategyCheckers{scenario.workers(), checkers}, scenario.strategy);
  return checkers;
}

}  // namespace hermes::protocol::harness
