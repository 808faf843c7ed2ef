// Many simulated runs, each from one seed. To see one again:
//     HERMES_SEED=123 protocol_sim_test --gtest_filter='*/hermes'
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "protocol/harness/world.hpp"

namespace hermes::protocol::harness {
namespace {

/// First and last seed: HERMES_SEED picks one, HERMES_SEED_COUNT how many otherwise.
std::pair<std::uint64_t, std::uint64_t> seeds(std::uint64_t count) {
  if (const char* one = std::getenv("HERMES_SEED")) {
    return {std::stoull(one), std::stoull(one)};
  }
  if (const char* many = std::getenv("HERMES_SEED_COUNT")) {
    count = std::stoull(many);
  }
  return {1, count};
}

std::string name_of(const testing::TestParamInfo<StrategyConfig>& info) {
  return std::string(strategy_name(info.param));
}

class SimulationTest : public testing::TestWithParam<StrategyConfig> {};

TEST_P(SimulationTest, invariants_hold_through_every_misfortune) {
  const auto [first, last] = seeds(1200);
  Tally total;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const Scenario scenario = rough_scenario(GetParam(), seed);
    const Outcome outcome = simulate(scenario);
    ASSERT_FALSE(outcome.broken.has_value())
        << "HERMES_SEED=" << seed << ": at " << outcome.end.time_since_epoch().count()
        << " s: " << *outcome.broken;
    const Outcome again = simulate(scenario);
    ASSERT_EQ(outcome.trace, again.trace) << "HERMES_SEED=" << seed << " is not reproducible";
    total += outcome.tally;
  }
  if (first == last) {
    return;
  }
  // The misfortunes did happen.
  EXPECT_GT(total.lost, 100U);
  EXPECT_GT(total.returned, 50U);
  EXPECT_GT(total.refused, 10U);
  EXPECT_GT(total.merges, 1000U);
  EXPECT_GT(total.evaluations, 1000U);
  for (const RejectReason reason : {RejectReason::Late, RejectReason::NonFinite,
                                    RejectReason::Malformed, RejectReason::Stopped}) {
    EXPECT_GT(total.rejections_for(reason), 50U) << to_string(reason);
  }
  if (std::holds_alternative<HermesConfig>(GetParam())) {
    EXPECT_GT(total.reports_of(ReportKind::Suppressed), 1000U);
    EXPECT_GT(total.reports_of(ReportKind::Pull), 50U);
  } else if (std::holds_alternative<EbspConfig>(GetParam())) {
    EXPECT_GT(total.reports_of(ReportKind::Suppressed), 1000U);
  } else if (std::holds_alternative<SelSyncConfig>(GetParam())) {
    EXPECT_GT(total.reports_of(ReportKind::Push), 1000U);
    EXPECT_GT(total.reports_of(ReportKind::Pull), 50U);
    EXPECT_GT(total.releases_without_model, 1000U);
  } else if (std::holds_alternative<TimeboxConfig>(GetParam())) {
    EXPECT_GT(total.rejections_for(RejectReason::Stale), 100U);
  }
}

TEST_P(SimulationTest, without_faults_all_work_is_used) {
  const auto [first, last] = seeds(200);
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const Outcome outcome = simulate(calm_scenario(GetParam(), seed, seed));
    ASSERT_FALSE(outcome.broken.has_value()) << "HERMES_SEED=" << seed << ": " << *outcome.broken;
    EXPECT_EQ(outcome.tally.lost, 0U) << "HERMES_SEED=" << seed;
    for (const RejectReason reason :
         {RejectReason::Late, RejectReason::NonFinite, RejectReason::Malformed}) {
      EXPECT_EQ(outcome.tally.rejections_for(reason), 0U)
          << "HERMES_SEED=" << seed << ": " << to_string(reason);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Strategies, SimulationTest,
                         testing::Values(StrategyConfig{BspConfig{}}, StrategyConfig{AspConfig{}},
                                         StrategyConfig{SspConfig{}}, StrategyConfig{EbspConfig{}},
                                         StrategyConfig{SelSyncConfig{}},
                                         StrategyConfig{HermesConfig{}},
                                         StrategyConfig{TimeboxConfig{}}),
                         name_of);

TEST(BspSimulationTest, timing_has_no_influence_on_the_models) {
  const auto [first, last] = seeds(200);
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    Scenario scenario = calm_scenario(BspConfig{}, seed, 1000 + seed);
    scenario.server.stop.max_time = seconds(0.0);
    Scenario other = calm_scenario(BspConfig{}, seed, 5000 + seed);
    other.server.stop.max_time = seconds(0.0);
    const Outcome a = simulate(scenario);
    const Outcome b = simulate(other);
    ASSERT_FALSE(a.broken.has_value()) << "HERMES_SEED=" << seed << ": " << *a.broken;
    ASSERT_NE(a.trace, b.trace) << "HERMES_SEED=" << seed << ": the timing did not differ";
    EXPECT_EQ(a.best_version, b.best_version) << "HERMES_SEED=" << seed;
    EXPECT_EQ(a.best_model, b.best_model) << "HERMES_SEED=" << seed;
    if (a.reason == StopReason::MaxRounds && b.reason == StopReason::MaxRounds) {
      EXPECT_EQ(a.version, b.version) << "HERMES_SEED=" << seed;
      EXPECT_EQ(a.model, b.model) << "HERMES_SEED=" << seed;
    }
  }
}

}  // namespace
}  // namespace hermes::protocol::harness
