// Limit identities: what a strategy must become at the ends of its range.
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "hermes/core/random.hpp"
#include "protocol/harness/toy_problem.hpp"
#include "protocol/harness/world.hpp"

namespace hermes::protocol::harness {
namespace {

/// One worker, no faults, a fixed number of rounds.
Scenario lonely(const StrategyConfig& strategy, std::uint64_t seed, std::uint64_t rounds) {
  Scenario scenario = calm_scenario(strategy, seed, seed);
  scenario.strategy = strategy;
  scenario.server.workers = 1;
  scenario.server.partition.workers = 1;
  scenario.server.stop = StopConfig{.patience = 0, .max_rounds = rounds};
  return scenario;
}

/// The same rounds without server, network or protocol.
std::vector<float> sequential_sgd(std::uint64_t seed, std::uint64_t rounds) {
  std::vector<float> model = toy::initial_model(seed);
  RandomStream random(seed, RandomPurpose::Shuffle, 1);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    toy::train(model, random);
  }
  return model;
}

TEST(LimitsTest, bsp_with_one_worker_is_sequential_sgd_bit_for_bit) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Outcome outcome = simulate(lonely(BspConfig{}, seed, 30));
    ASSERT_FALSE(outcome.broken.has_value()) << *outcome.broken;
    EXPECT_EQ(outcome.version, Version{30});
    EXPECT_EQ(outcome.model, sequential_sgd(seed, 30)) << "seed " << seed;
  }
}

TEST(LimitsTest, asp_with_one_worker_is_sequential_sgd_but_for_rounding) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Outcome outcome = simulate(lonely(AspConfig{}, seed, 30));
    ASSERT_FALSE(outcome.broken.has_value()) << *outcome.broken;
    EXPECT_EQ(outcome.version, Version{30});
    const std::vector<float> expected = sequential_sgd(seed, 30);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(outcome.model[i], expected[i], 1e-4) << "seed " << seed;
    }
  }
}

TEST(LimitsTest, hermes_with_an_open_gate_pushes_every_round_from_the_second_on) {
  HermesConfig open;
  open.gate.alpha = std::numeric_limits<double>::infinity();
  open.gate.clear_window = false;
  const Outcome outcome = simulate(lonely(open, 3, 30));
  ASSERT_FALSE(outcome.broken.has_value()) << *outcome.broken;
  EXPECT_EQ(outcome.tally.reports[static_cast<std::size_t>(ReportKind::Suppressed)], 1U);
  EXPECT_EQ(outcome.tally.merges, 29U);
}

TEST(LimitsTest, hermes_with_a_shut_gate_is_a_worker_alone) {
  HermesConfig shut;
  shut.gate.alpha = -100.0;
  shut.gate.beta = 0.0;
  const Outcome outcome = simulate(lonely(shut, 3, 30));
  ASSERT_FALSE(outcome.broken.has_value()) << *outcome.broken;
  EXPECT_EQ(outcome.tally.reports[static_cast<std::size_t>(ReportKind::Suppressed)], 30U);
  EXPECT_EQ(outcome.version, Version{0});
}

TEST(LimitsTest, every_strategy_learns) {
  for (const StrategyConfig& strategy :
       {StrategyConfig{BspConfig{}}, StrategyConfig{AspConfig{.server = {.learning_rate = 0.25}}},
        StrategyConfig{HermesConfig{}}}) {
    Scenario scenario = calm_scenario(strategy, 6, 6);
    scenario.strategy = strategy;
    scenario.server.stop = StopConfig{.patience = 0, .max_rounds = 80};
    const Outcome outcome = simulate(scenario);
    ASSERT_FALSE(outcome.broken.has_value()) << *outcome.broken;
    EXPECT_LT(toy::loss(outcome.best_model), 0.3) << strategy_name(strategy);
    EXPECT_GT(toy::loss(toy::initial_model(6)), 1.0);
  }
}

}  // namespace
}  // namespace hermes::protocol::harness
