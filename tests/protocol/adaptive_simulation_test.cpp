// Adaptive allocation together with strategies, through every misfortune.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "protocol/harness/toy_problem.hpp"
#include "protocol/harness/world.hpp"

namespace hermes::protocol::harness {
namespace {

class AdaptiveSimulationTest : public testing::TestWithParam<StrategyConfig> {};

std::string name_of(const testing::TestParamInfo<StrategyConfig>& info) {
  return std::string(strategy_name(info.param));
}

TEST_P(AdaptiveSimulationTest, invariants_hold_through_every_misfortune) {
  Tally total;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const Scenario scenario = adaptive_scenario(GetParam(), seed);
    const Outcome outcome = simulate(scenario);
    ASSERT_FALSE(outcome.broken.has_value())
        << "seed " << seed << ": at " << outcome.end.time_since_epoch().count()
        << " s: " << *outcome.broken;
    total += outcome.tally;
  }
  EXPECT_GT(total.lost, 40U);
  EXPECT_GT(total.merges, 500U);
  EXPECT_GT(total.resized, 100U);
}

TEST_P(AdaptiveSimulationTest, slow_worker_is_resized_and_a_barrier_opens_earlier) {
  Scenario scenario = calm_scenario(GetParam(), 3, 3);
  scenario.strategy = GetParam();
  scenario.server.workers = 5;
  scenario.server.partition = {.train_rows = 600, .workers = 5};
  scenario.server.stop = StopConfig{.patience = 0, .max_rounds = 150};
  scenario.timing.round.assign(5, seconds(0.2));
  scenario.timing.round[2] = seconds(1.2);
  const Outcome uneven = simulate(scenario);
  ASSERT_FALSE(uneven.broken.has_value()) << *uneven.broken;
  EXPECT_EQ(uneven.tally.resized, 0U);

  scenario.allocation =
      AdaptiveAllocationConfig{.rows = 50, .minibatch = toy::kMinibatch, .rows_min = 4};
  const Outcome even = simulate(scenario);
  ASSERT_FALSE(even.broken.has_value()) << *even.broken;
  EXPECT_GE(even.tally.resized, 1U);
  if (std::holds_alternative<BspConfig>(GetParam())) {
    EXPECT_LT(even.end, at_seconds(0.6 * uneven.end.time_since_epoch().count()));
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, AdaptiveSimulationTest,
                         testing::Values(StrategyConfig{BspConfig{}}, StrategyConfig{AspConfig{}},
                                         StrategyConfig{SspConfig{}}, StrategyConfig{EbspConfig{}},
                                         StrategyConfig{SelSyncConfig{}},
                                         StrategyConfig{HermesConfig{}}),
                         name_of);

}  // namespace
}  // namespace hermes::protocol::harness
