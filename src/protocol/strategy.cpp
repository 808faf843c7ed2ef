#include "hermes/protocol/strategy.hpp"

#include "hermes/protocol/strategies/merge_rules.hpp"
#include "hermes/protocol/strategies/push_rules.hpp"
#include "hermes/protocol/strategies/release_rules.hpp"
#include "hermes/protocol/strategies/static_allocation.hpp"

namespace hermes::protocol {
namespace {

struct RuleMaker {
  const StaticAllocationConfig& allocation;

  Strategy operator()(const BspConfig& config) const {
    return {std::make_unique<EveryRound>(), std::make_unique<Barrier>(),
            std::make_unique<MeanOfModels>(config.server_learning_rate),
            std::make_unique<StaticAllocation>(allocation)};
  }
  Strategy operator()(const AspConfig& config) const {
    return {std::make_unique<EveryRound>(), std::make_unique<AtOnce>(),
            std::make_unique<SumOfDeltas>(config.server_learning_rate),
            std::make_unique<StaticAllocation>(allocation)};
  }
  Strategy operator()(const HermesConfig& config) const {
    return {std::make_unique<GatedPush>(config.gate), std::make_unique<AtOnce>(),
            std::make_unique<LossWeighted>(config.staleness_exponent),
            std::make_unique<StaticAllocation>(allocation)};
  }
};

}  // namespace

std::string_view strategy_name(const StrategyConfig& config) {
  return std::visit([](const auto& choice) { return choice.kName; }, config);
}

Strategy make_strategy(const StrategyConfig& strategy, const StaticAllocationConfig& allocation) {
  return std::visit(RuleMaker{allocation}, strategy);
}

}  // namespace hermes::protocol
