#include "hermes/runtime/trainer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using test::assignment_of;
using test::prepare;
using test::times_trained;
using test::train_round;
using test::weights;

struct WindowCase {
  std::uint64_t rows;
  std::uint64_t shard_rows;
};

class TrainerWindowTest : public testing::TestWithParam<WindowCase> {};

TEST_P(TrainerWindowTest, windows_cover_the_pool_once_per_sweep) {
  const auto [rows, shard_rows] = GetParam();
  test::OneHotRun run(rows);
  run.config.allocation.initial_rows = shard_rows;
  const RunInputs inputs(run.config);
  const protocol::Assignment assignment = assignment_of(inputs, Rank{1});
  const std::uint64_t windows = (rows + shard_rows - 1) / shard_rows;
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment);
  for (int sweep = 1; sweep <= 2; ++sweep) {
    for (std::uint64_t window = 0; window < windows; ++window) {
      EXPECT_LE(train_round(trainer).samples, shard_rows);
    }
    EXPECT_EQ(times_trained(inputs, trainer), std::vector<int>(rows, sweep)) << "sweep " << sweep;
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, TrainerWindowTest,
                         testing::Values(WindowCase{60, 60}, WindowCase{60, 20}, WindowCase{60, 7},
                                         WindowCase{61, 20}, WindowCase{64, 63}, WindowCase{50, 1},
                                         WindowCase{97, 13}),
                         [](const auto& test) {
                           return std::to_string(test.param.rows) + "_by_" +
                                  std::to_string(test.param.shard_rows);
                         });

TEST(TrainerRowsTest, disjoint_pools_never_touch_each_others_rows) {
  constexpr std::uint64_t kRows = 100;
  test::OneHotRun run(kRows);
  run.config.allocation.initial_rows = 9;
  for (const auto kind : {protocol::PartitionKind::Disjoint, protocol::PartitionKind::ByLabel}) {
    run.config.data.partition = kind;
    run.config.data.labels_per_worker = 4;
    const RunInputs inputs(run.config);
    std::vector<int> trained(kRows, 0);
    for (std::int32_t rank = 1; rank <= 3; ++rank) {
      const protocol::Assignment assignment = assignment_of(inputs, Rank{rank}, 3);
      Trainer trainer(inputs, Rank{rank});
      prepare(trainer, assignment);
      std::uint64_t samples = 0;
      while (samples < 2 * assignment.pool_count) {
        samples += train_round(trainer).samples;
      }
      EXPECT_EQ(samples, 2 * assignment.pool_count);
      const std::vector<int> times = times_trained(inputs, trainer);
      std::transform(times.begin(), times.end(), trained.begin(), trained.begin(), std::plus<>());
    }
    EXPECT_EQ(trained, std::vector<int>(kRows, 2));
  }
}

TEST(TrainerRowsTest, smaller_shard_of_the_same_pool_goes_on_near_where_it_was) {
  test::OneHotRun run(60);
  run.config.allocation.initial_rows = 20;
  const RunInputs inputs(run.config);
  protocol::Assignment assignment = assignment_of(inputs, Rank{1});
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment);
  train_round(trainer);
  train_round(trainer);  // rows 20 to 39 of the order are in memory
  assignment.shard_rows = 10;
  ++assignment.generation;
  trainer.load(assignment);
  test::finish(trainer);
  for (int round = 0; round < 4; ++round) {  // rows 20 to 59
    EXPECT_EQ(train_round(trainer).samples, 10U);
  }
  const std::vector<int> times = times_trained(inputs, trainer);
  EXPECT_EQ(std::count(times.begin(), times.end(), 1), 40);
  EXPECT_EQ(std::count(times.begin(), times.end(), 2), 20);
}

TEST(TrainerRowsTest, abandoned_round_ends_at_once_and_the_next_one_is_whole) {
  test::OneHotRun run(40);
  run.config.train.round = {RoundLength::Unit::Steps, 10};
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  trainer.start_round({.validation = true}, false);
  for (int step = 0; step < 4; ++step) {
    EXPECT_FALSE(trainer.advance());
  }
  trainer.abandon_round();
  EXPECT_FALSE(trainer.is_busy());
  EXPECT_FALSE(trainer.advance());
  EXPECT_EQ(train_round(trainer).steps, 10U);
}

TEST(TrainerRowsTest, round_abandoned_while_a_window_is_read_skips_no_window) {
  constexpr std::uint64_t kRows = 3000;  // a window takes two slices of reading
  test::TestRun run(kRows + 100);
  run.config.allocation.initial_rows = 1500;
  run.config.train.minibatch = 500;
  const RunInputs inputs(run.config);
  Trainer undisturbed(inputs, Rank{1});
  prepare(undisturbed, assignment_of(inputs, Rank{1}));
  train_round(undisturbed);
  train_round(undisturbed);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  train_round(trainer);
  trainer.start_round({}, false);
  EXPECT_FALSE(trainer.advance());  // asks for the next window
  EXPECT_FALSE(trainer.advance());  // reads a part of it
  trainer.abandon_round();
  EXPECT_EQ(train_round(trainer).samples, 1500U);
  EXPECT_EQ(weights(trainer), weights(undisturbed));
}

/// What a trainer made of its rows in several sweeps over its pool, assignments changing.
std::vector<float> train_in_windows(const RunConfig& config) {
  const RunInputs inputs(config);
  Trainer trainer(inputs, Rank{1});
  protocol::Assignment assignment = assignment_of(inputs, Rank{1}, 2);
  prepare(trainer, assignment);
  for (const std::uint64_t shard_rows : {90U, 40U, 400U, 110U}) {
    for (int round = 0; round < 12; ++round) {
      train_round(trainer, round % 3 == 0);
    }
    trainer.start_round({}, false);
    trainer.advance();  // whatever it is at
    trainer.abandon_round();
    assignment.shard_rows = std::min(shard_rows, assignment.pool_count);
    assignment.order_seed += shard_rows % 20 == 0 ? 1 : 0;
    ++assignment.generation;
    trainer.load(assignment);
    test::finish(trainer);
  }
  train_round(trainer);
  return weights(trainer);
}

TEST(TrainerRowsTest, rows_fetched_ahead_by_a_thread_train_the_same_model) {
  for (const auto kind : {protocol::PartitionKind::Shared, protocol::PartitionKind::Disjoint,
                          protocol::PartitionKind::ByLabel}) {
    for (const bool in_steps : {false, true}) {
      test::TestRun run;
      run.config.data.partition = kind;
      run.config.data.labels_per_worker = 2;
      run.config.allocation.initial_rows = 70;
      if (in_steps) {
        run.config.train.round = {RoundLength::Unit::Steps, 7};
      }
      const std::vector<float> expected = train_in_windows(run.config);
      run.config.data.prefetch = true;
      const std::vector<float> found = train_in_windows(run.config);
      EXPECT_EQ(std::memcmp(found.data(), expected.data(), found.size() * sizeof(float)), 0)
          << static_cast<int>(kind) << in_steps;
    }
  }
}

TEST(TrainerRowsTest, while_it_waits_for_rows_there_is_nothing_to_do) {
  /// Rows that come when the test lets them.
  class HeldRows final : public data::RowSource {
   public:
    HeldRows(std::unique_ptr<data::RowSource> rows, const bool& is_held)
        : rows_(std::move(rows)), is_held_(is_held) {}
    void start(const data::RowRequest& request, data::Shard& shard) override {
      rows_->start(request, shard);
    }
    bool advance() override { return !is_held_ && rows_->advance(); }
    bool is_background() const override { return true; }

   private:
    std::unique_ptr<data::RowSource> rows_;
    const bool& is_held_;
  };
  test::TestRun run;
  run.config.allocation.initial_rows = 100;
  const RunInputs inputs(run.config);
  bool is_held = false;
  Trainer trainer(inputs, Rank{1}, std::make_unique<HeldRows>(make_row_source(inputs), is_held));
  prepare(trainer, assignment_of(inputs, Rank{1}));
  EXPECT_FALSE(trainer.is_loading());
  EXPECT_EQ(train_round(trainer).samples, 100U);
  is_held = true;
  trainer.start_round({}, false);
  EXPECT_FALSE(trainer.is_waiting());
  EXPECT_FALSE(trainer.advance());  // the pass is done: the next window is wanted
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(trainer.is_busy());
    EXPECT_TRUE(trainer.is_loading());
    EXPECT_TRUE(trainer.is_waiting());
    EXPECT_FALSE(trainer.advance());
  }
  is_held = false;
  EXPECT_EQ(std::get<protocol::RoundFinished>(test::finish(trainer)).outcome.samples, 100U);
}

}  // namespace
}  // namespace hermes::runtime
