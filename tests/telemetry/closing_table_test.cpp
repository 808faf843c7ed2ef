#include "hermes/telemetry/closing_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

RunSummary small_run() {
  RunSummary summary;
  summary.strategy = "hermes";
  summary.workers = 2;
  summary.seed = 1;
  summary.seconds = 75.2;
  summary.training_seconds = 62.0;
  summary.rounds = 1234;
  summary.steps = 193738;
  summary.samples = 3085000;
  summary.pushes = 345;
  summary.suppressed = 889;
  summary.worker_independence = 3.5768;
  summary.bytes = {.up = 157286400, .down = 167772160, .data = 0};
  summary.merges = 344;
  summary.rejected_updates = 1;
  summary.best_validation_loss = 0.28514;
  summary.best_validation_accuracy = 0.9;
  summary.test_loss = 0.3;
  summary.test_accuracy = 0.8956;
  summary.target_accuracy = 0.9;
  summary.seconds_to_target = 60.5;
  summary.bytes_to_target = 314572800;
  summary.samples_per_second = 49758.06;
  summary.stop_reason = "target_accuracy";
  summary.staleness = StalenessSummary{.median = 1.5, .max = 7, .histogram = {{1, 172}, {7, 172}}};
  summary.workers_lost = 1;
  summary.worker_table = {{.rank = rank(1),
                           .state = "left",
                           .rounds = 1000,
                           .steps = 157000,
                           .samples = 2500000,
                           .pushes = 300,
                           .suppressed = 700,
                           .times = {.compute_seconds = 59.0,
                                     .evaluation_seconds = 3.5,
                                     .data_seconds = 2.5,
                                     .waited_seconds = 1.25,
                                     .wire_seconds = 0.3}},
                          {.rank = rank(12),
                           .state = "lost",
                           .rounds = 234,
                           .steps = 36738,
                           .samples = 585000,
                           .pushes = 45,
                           .suppressed = 189,
                           .times = {.compute_seconds = 61.0, .waited_seconds = 0.5}}};
  summary.server = {.compute_seconds = 5.5,
                    .evaluation_seconds = 20.0,
                    .waited_seconds = 40.25,
                    .wire_seconds = 8.0};
  return summary;
}

TEST(ClosingTableTest, a_run_reads_like_this) {
  EXPECT_EQ(closing_table(small_run()), R"(strategy    hermes, 2 workers, seed 1
stopped     target_accuracy after 1m 15s, of which training 1m 02s
rounds      1,234 (193,738 steps, 3,085,000 samples, 49.8k samples/s)
pushes      345, suppressed 889, worker independence (rounds per push) 3.58
merges      344, rejected updates 1, staleness median 1.5 max 7
bytes       up 150.0 MiB, down 160.0 MiB, data 0 B
validation  best loss 0.2851, best accuracy 0.9000
test        loss 0.3000, accuracy 0.8956
server      merged 5.5 s, evaluated 20.0 s, for data 0.0 s, waited 40.2 s, on wire 8.0 s
target      accuracy 0.9 reached after 1m 01s and 300.0 MiB
lost        1 worker, 0 came back

worker  state      rounds      steps      samples   pushes  suppressed   computed  evaluated   for data     waited    on wire
     1  left        1,000    157,000    2,500,000      300         700     59.0 s      3.5 s      2.5 s      1.2 s      0.3 s
    12  lost          234     36,738      585,000       45         189     1m 01s      0.0 s      0.0 s      0.5 s      0.0 s
)");
}

TEST(ClosingTableTest, what_is_not_known_is_a_dash_and_what_did_not_happen_has_no_line) {
  RunSummary summary;
  summary.strategy = "bsp";
  summary.workers = 1;
  EXPECT_EQ(closing_table(summary), R"(strategy    bsp, 1 worker, seed 0
stopped     unknown after 0.0 s, of which training 0.0 s
rounds      0 (0 steps, 0 samples, - samples/s)
pushes      0, suppressed 0, worker independence (rounds per push) -
merges      0, rejected updates 0
bytes       up 0 B, down 0 B, data 0 B
validation  best loss -, best accuracy -
test        loss -, accuracy -
server      merged 0.0 s, evaluated 0.0 s, for data 0.0 s, waited 0.0 s, on wire 0.0 s

worker  state      rounds      steps      samples   pushes  suppressed   computed  evaluated   for data     waited    on wire
)");
}

TEST(ClosingTableTest, a_target_that_was_missed_is_said) {
  RunSummary summary;
  summary.target_accuracy = 0.95;
  EXPECT_THAT(closing_table(summary),
              testing::HasSubstr("\ntarget      accuracy 0.95 not reached\n"));
}

}  // namespace
}  // namespace hermes::telemetry
