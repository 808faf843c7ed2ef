#include "hermes/protocol/strategy.hpp"

#include "hermes/core/random.hpp"
#include "hermes/protocol/strategies/adaptive_allocation.hpp"
#include "hermes/protocol/strategies/merge_rules.hpp"
#include "hermes/protocol/strategies/push_rules.hpp"
#include "hermes/protocol/strategies/release_rules.hpp"
#include "hermes/protocol/strategies/static_allocation.hpp"

namespace hermes::protocol {
namespace {

struct AllocationMaker {
  const StrategyContext& context;

  std::unique_ptr<AllocationRule> operator()(const StaticAllocationConfig& config) const {
    return std::make_unique<StaticAllocation>(config, context.memory);
  }
  std::unique_ptr<AllocationRule> operator()(const AdaptiveAllocationConfig& config) const {
    return std::make_unique<AdaptiveAllocation>(config, context.memory);
  }
};

struct StrategyMaker {
  const StrategyContext& context;

  std::unique_ptr<AllocationRule> allocation() const {
    return std::visit(AllocationMaker{context}, context.allocation);
  }
  /// What a mean is taken over.
  PayloadKind model_or_delta() const {
    return context.lossy_payload ? PayloadKind::Delta : PayloadKind::Parameters;
  }

  Strategy operator()(const BspConfig& config) const {
    return {std::make_unique<EndOfPlan>(), std::make_unique<Barrier>(),
            std::make_unique<MeanOfUpdates>(config.server, model_or_delta()), allocation()};
  }
  Strategy operator()(const AspConfig& config) const {
    return {std::make_unique<EndOfPlan>(), std::make_unique<AtOnce>(),
            std::make_unique<EachDelta>(config.server), allocation()};
  }
  Strategy operator()(const SspConfig& config) const {
    return {std::make_unique<EndOfPlan>(), std::make_unique<BoundedStaleness>(config.staleness),
            std::make_unique<EachDelta>(config.server), allocation()};
  }
  Strategy operator()(const EbspConfig& config) const {
    return {std::make_unique<EndOfPlan>(), std::make_unique<ElasticBarrier>(config.horizon),
            std::make_unique<MeanOfUpdates>(config.server, model_or_delta()), allocation()};
  }
  Strategy operator()(const SelSyncConfig& config) const {
    return {std::make_unique<GradientVote>(config), std::make_unique<Ballot>(),
            std::make_unique<MeanOfUpdates>(ServerOptimizerConfig{}, model_or_delta()),
            allocation()};
  }
  Strategy operator()(const HermesConfig& config) const {
    const RandomStream coin(context.seed, RandomPurpose::Gate,
                            static_cast<std::uint64_t>(context.rank.value));
    return {std::make_unique<GatedPush>(config.gate, coin, config.overlap),
            std::make_unique<AtOnce>(), merge_of(config), allocation()};
  }
  Strategy operator()(const TimeboxConfig& config) const {
    return {std::make_unique<EndOfPlan>(config.overlap), std::make_unique<TimeBox>(config),
            std::make_unique<MeanOfUpdates>(config.server, PayloadKind::Delta), allocation()};
  }

  static std::unique_ptr<MergeRule> merge_of(const HermesConfig& config) {
    if (config.merge == HermesMerge::Delta) {
      return std::make_unique<EachDelta>(config.server);
    }
    return std::make_unique<LossWeighted>(config.staleness_exponent, config.weights);
  }
};

}  // namespace

std::string_view strategy_name(const StrategyConfig& config) {
  return std::visit([](const auto& choice) { return choice.kName; }, config);
}

Strategy make_strategy(const StrategyConfig& strategy, const StrategyContext& context) {
  return std::visit(StrategyMaker{context}, strategy);
}

}  // namespace hermes::protocol
