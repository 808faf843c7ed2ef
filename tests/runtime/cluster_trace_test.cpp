// What whole runs in one process leave for those who look at them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "data/support.hpp"
#include "runtime/test_run.hpp"
#include "telemetry/trace_checks.hpp"

namespace hermes::runtime {
namespace {

using testing::HasSubstr;

std::string text_of(const std::filesystem::path& file) {
  return data::test::read_bytes(file);
}

class ClusterTraceTest : public testing::TestWithParam<StrategyKind> {
 protected:
  ClusterTraceTest() {
    run_.config.strategy.type = GetParam();
    run_.config.allocation.initial_rows = 90;
    run_.config.stop.server.max_rounds = 30;
  }
  test::ClusterResult train(std::uint64_t turn_seed) {
    std::filesystem::create_directories(directory_);
    return test::run_cluster(RunInputs(run_.config), 3, turn_seed, test::ClusterLife{directory_});
  }
  nlohmann::json events() const {
    return nlohmann::json::parse(text_of(directory_ / "trace.json"));
  }

  test::TestRun run_{600};
  std::filesystem::path directory_ = run_.directory.path() / "traced";
};

TEST_P(ClusterTraceTest, spans_nest_and_each_merged_update_has_an_arrow) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const test::ClusterResult result = train(seed);
    ASSERT_TRUE(result.best);
    const nlohmann::json trace = events();
    telemetry::expect_sound_trace(trace);
    std::uint64_t merged = 0;
    for (const auto& [lag, updates] : result.summary.staleness->histogram) {
      merged += updates;
    }
    std::uint64_t arrows = 0;
    for (const auto& event : trace) {
      arrows += event.at("ph") == "s" ? 1 : 0;
    }
    EXPECT_EQ(arrows, merged);
  }
}

TEST_P(ClusterTraceTest, a_run_with_faults_leaves_a_sound_trace) {
  run_.config.liveness.worker_timeout = seconds(0.5);
  run_.config.faults = {{.rank = 1, .kind = FaultKind::Kill, .at_round = 5},
                        {.rank = 2, .kind = FaultKind::Freeze, .at_round = 5, .seconds = 1.0},
                        {.rank = 3, .kind = FaultKind::NonFinite, .at_round = 5},
                        {.rank = 3, .kind = FaultKind::Malformed, .at_round = 8}};
  train(7);
  telemetry::expect_nested(telemetry::spans_of(events()));
}

INSTANTIATE_TEST_SUITE_P(All, ClusterTraceTest,
                         testing::Values(StrategyKind::Hermes, StrategyKind::Bsp, StrategyKind::Asp,
                                         StrategyKind::Ssp, StrategyKind::Ebsp,
                                         StrategyKind::SelSync, StrategyKind::Timebox));

TEST(ClusterWatchTest, a_worker_that_is_cut_off_is_late_and_silent) {
  test::TestRun run(600);
  run.config.strategy.type = StrategyKind::Bsp;
  run.config.allocation.initial_rows = 90;
  run.config.stop.server.max_rounds = 40;
  run.config.liveness.worker_timeout = seconds(60.0);
  run.config.faults = {{.rank = 2, .kind = FaultKind::Cut, .at_round = 20, .seconds = 5.0}};
  const std::filesystem::path directory = run.directory.path() / "cut";
  std::filesystem::create_directories(directory);
  test::run_cluster(RunInputs(run.config), 3, 1, test::ClusterLife{directory});
  const std::string log = text_of(directory / "hermes.log");
  EXPECT_THAT(log, HasSubstr("worker 2 is late: "));
  EXPECT_THAT(log, HasSubstr("(network, or its process stands still)"));
  EXPECT_EQ(log.find("is late"), log.rfind("is late"));
}

}  // namespace
}  // namespace hermes::runtime
