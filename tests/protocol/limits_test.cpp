// Limit identities: what a strategy must become at the ends of its range.
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <utility>
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

TEST(LimitsTest, hermes_with_an_infinite_alpha_pushes_every_round) {
  for (const bool clear_window : {true, false}) {
    HermesConfig open;
    open.gate.alpha = std::numeric_limits<double>::infinity();
    open.gate.clear_window = clear_window;
    const Outcome outcome = simulate(lonely(open, 3, 30));
    ASSERT_FALSE(outcome.broken.has_value()) << *outcome.broken;
    EXPECT_EQ(outcome.tally.reports_of(ReportKind::Suppressed), 0U);
    EXPECT_EQ(outcome.tally.merges, 30U);
  }
}

TEST(LimitsTest, hermes_with_a_shut_gate_is_a_worker_alone) {
  HermesConfig shut;
  shut.gate.alpha = -100.0;
  shut.gate.beta = 0.0;
  const Outcome outcome = simulate(lonely(shut, 3, 30));
  ASSERT_FALSE(outcome.broken.has_value()) << *outcome.broken;
  EXPECT_EQ(outcome.tally.reports_of(ReportKind::Suppressed), 30U);
  EXPECT_EQ(outcome.version, Version{0});
}

/// A run of several workers that ends after a number of rounds and is not influenced by how long an
/// evaluation takes (only barriers wait for one).
Scenario measured_in_rounds(const StrategyConfig& strategy, std::uint64_t seed,
                            std::uint64_t rounds = 20) {
  Scenario scenario = calm_scenario(BspConfig{}, seed, seed);
  scenario.strategy = strategy;
  scenario.server.stop = StopConfig{.patience = 0, .max_rounds = rounds};
  scenario.server.evaluate_every = 1000;
  return scenario;
}

/// Who is released together, step by step.
class ReleaseGroups final : public Checker {
 public:
  using Checker::after;
  void after(const ServerStep& step, Verdict& /*verdict*/) override {
    std::vector<Rank> group;
    for_each_note<Released>(step.effects,
                            [&group](const Released& note) { group.push_back(note.rank); });
    if (!group.empty()) {
      groups.push_back(std::move(group));
    }
  }
  std::vector<std::vector<Rank>> groups;
};

std::vector<std::vector<Rank>> release_groups(const Scenario& scenario) {
  auto groups = std::make_unique<ReleaseGroups>();
  const ReleaseGroups& seen = *groups;  // lives as long as the world
  World world(scenario);
  world.add_checker(std::move(groups));
  const Outcome outcome = world.run();
  EXPECT_FALSE(outcome.broken.has_value()) << *outcome.broken;
  return seen.groups;
}

TEST(LimitsTest, ssp_without_staleness_releases_in_the_order_of_bsp) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto bsp = release_groups(measured_in_rounds(BspConfig{}, seed));
    const auto ssp = release_groups(measured_in_rounds(SspConfig{.staleness = 0}, seed));
    ASSERT_EQ(ssp, bsp) << "seed " << seed;
    EXPECT_EQ(bsp.size(), 20U);  // none after the last round
  }
}

TEST(LimitsTest, ssp_without_a_bound_is_asp) {
  SspConfig unbounded;
  unbounded.staleness = std::numeric_limits<std::uint32_t>::max();
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Scenario asp = rough_scenario(BspConfig{}, seed);
    asp.strategy = AspConfig{};
    Scenario ssp = asp;
    ssp.strategy = unbounded;
    const Outcome expected = simulate(asp);
    ASSERT_FALSE(expected.broken.has_value()) << *expected.broken;
    ASSERT_EQ(simulate(ssp).trace, expected.trace) << "seed " << seed;
  }
}

TEST(LimitsTest, ssp_with_a_bound_is_neither) {
  Scenario scenario = measured_in_rounds(AspConfig{}, 3);
  scenario.server.workers = 3;
  scenario.server.partition.workers = 3;
  scenario.timing.round = {seconds(0.1), seconds(0.2), seconds(0.4)};
  const auto asp = release_groups(scenario);
  scenario.strategy = SspConfig{.staleness = 2};
  const auto ssp = release_groups(scenario);
  scenario.strategy = BspConfig{};
  const auto bsp = release_groups(scenario);
  EXPECT_NE(ssp, asp);
  EXPECT_NE(ssp, bsp);
}

TEST(LimitsTest, selsync_that_always_votes_yes_is_bsp) {
  SelSyncConfig always;
  always.window = 0;
  always.delta = 0.0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Outcome bsp = simulate(measured_in_rounds(BspConfig{}, seed));
    const Outcome selsync = simulate(measured_in_rounds(always, seed));
    ASSERT_FALSE(selsync.broken.has_value()) << *selsync.broken;
    EXPECT_EQ(selsync.tally.releases_without_model, 0U);
    ASSERT_EQ(selsync.version, bsp.version) << "seed " << seed;
    ASSERT_EQ(selsync.model, bsp.model) << "seed " << seed;
  }
}

TEST(LimitsTest, selsync_that_never_votes_yes_is_every_worker_alone) {
  SelSyncConfig never;
  never.window = 0;
  never.delta = 1e9;
  const Outcome outcome = simulate(measured_in_rounds(never, 3));
  ASSERT_FALSE(outcome.broken.has_value()) << *outcome.broken;
  EXPECT_EQ(outcome.version, Version{0});
  EXPECT_EQ(outcome.tally.reports_of(ReportKind::Push), 0U);
}

TEST(LimitsTest, ebsp_of_equal_workers_is_bsp) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Scenario bsp = measured_in_rounds(BspConfig{}, seed);
    bsp.timing.jitter = 0.0;
    bsp.timing.delay_mean = seconds(0.0);
    bsp.timing.round.assign(bsp.workers(), seconds(0.2));
    Scenario ebsp = bsp;
    ebsp.strategy = EbspConfig{};
    const Outcome expected = simulate(bsp);
    const Outcome outcome = simulate(ebsp);
    ASSERT_FALSE(outcome.broken.has_value()) << *outcome.broken;
    EXPECT_EQ(outcome.version, Version{20});
    ASSERT_EQ(outcome.trace, expected.trace) << "seed " << seed;
    ASSERT_EQ(outcome.model, expected.model) << "seed " << seed;
  }
}

TEST(LimitsTest, ebsp_gives_a_worker_of_twice_the_speed_two_rounds) {
  Scenario scenario = measured_in_rounds(EbspConfig{.horizon = 6}, 1, 21);
  scenario.server.workers = 2;
  scenario.server.partition.workers = 2;
  scenario.timing.jitter = 0.0;
  scenario.timing.delay_mean = seconds(0.0);
  scenario.timing.load = seconds(0.0);
  scenario.timing.round = {seconds(0.4), seconds(0.2)};
  const Outcome outcome = simulate(scenario);
  ASSERT_FALSE(outcome.broken.has_value()) << *outcome.broken;
  // One round each to see the speeds, then barriers of one round against two.
  EXPECT_EQ(outcome.version, Version{11});
  EXPECT_EQ(outcome.tally.reports_of(ReportKind::Suppressed), 10U);
}

TEST(LimitsTest, every_strategy_learns) {
  for (const StrategyConfig& strategy :
       {StrategyConfig{BspConfig{}}, StrategyConfig{AspConfig{.server = {.learning_rate = 0.25}}},
        StrategyConfig{SspConfig{.server = {.learning_rate = 0.25}}}, StrategyConfig{EbspConfig{}},
        StrategyConfig{SelSyncConfig{}}, StrategyConfig{HermesConfig{}},
        StrategyConfig{HermesConfig{.merge = HermesMerge::Delta, .overlap = true}},
        StrategyConfig{HermesConfig{.weights = LossSource::Server}},
        StrategyConfig{TimeboxConfig{.box_seconds = 0.3}}}) {
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
