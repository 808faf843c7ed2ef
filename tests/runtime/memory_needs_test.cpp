#include "hermes/runtime/memory_needs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "data/support.hpp"
#include "hermes/core/error.hpp"
#include "hermes/data/process_memory.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

std::uint64_t sum(const std::vector<MemoryItem>& items) {
  std::uint64_t bytes = 0;
  for (const MemoryItem& item : items) {
    bytes += item.bytes;
  }
  return bytes;
}

RankMemory budget_of(std::uint64_t bytes, std::uint64_t process = 0) {
  data::MemoryLimit limit;
  limit.found = bytes;
  limit.share = bytes;
  return {{{limit}}, process};
}

std::string refusal(const MemoryNeeds& needs, const RankMemory& memory, std::uint64_t rows) {
  try {
    check_fits(needs, memory, rows, 16, "rank 3");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return {};
}

TEST(MemoryModelTest, rows_max_is_the_most_that_bytes_lets_fit) {
  const protocol::MemoryModel model{.fixed_bytes = 1000,
                                    .bytes_per_shard_row = 7,
                                    .bytes_per_minibatch_row = 10,
                                    .minibatch_rows_min = 20};
  EXPECT_EQ(model.bytes(3, 30), 1000U + 21 + 300);
  EXPECT_EQ(model.bytes(3, 5), 1000U + 21 + 200);
  for (std::uint64_t budget = 1150; budget < 1500; ++budget) {
    for (const std::uint32_t minibatch : {1U, 20U, 25U}) {
      const std::uint64_t rows = model.rows_max(budget, minibatch);
      EXPECT_TRUE(rows == 0 || model.bytes(rows, minibatch) <= budget);
      EXPECT_GT(model.bytes(rows + 1, minibatch), budget);
    }
  }
}

TEST(MemoryNeedsTest, the_server_assigns_what_the_model_lets_a_budget_hold) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  protocol::Roster roster(1, protocol::LivenessConfig{});
  protocol::Peer& peer = roster.at(Rank{1});
  peer.memory_budget = worker_needs(inputs).model.bytes(30, run.config.train.minibatch);
  EXPECT_EQ(inputs.strategy(kServerRank).allocation->initial(peer).rows, 30U);
}

TEST(MemoryNeedsTest, items_add_up_to_the_model) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  const MemoryNeeds worker = worker_needs(inputs);
  EXPECT_EQ(sum(worker.fixed), worker.model.fixed_bytes);
  for (const std::uint32_t minibatch : {1U, 64U, 100U}) {
    EXPECT_EQ(sum(worker.items(50, minibatch)), worker.model.bytes(50, minibatch));
  }
  for (const MemoryNeeds& other : {server_needs(inputs, 3), alone_needs(inputs)}) {
    EXPECT_EQ(sum(other.items(50, 16)), other.model.bytes(50, 16));
  }
  EXPECT_GT(server_needs(inputs, 9).model.fixed_bytes, server_needs(inputs, 3).model.fixed_bytes);
}

TEST(MemoryNeedsTest, what_does_not_fit_is_refused_with_sum_and_budget) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  const MemoryNeeds needs = worker_needs(inputs);
  const std::uint64_t process = 10 * kMiB;
  const std::uint64_t least = process + needs.model.bytes(16, 16);
  EXPECT_EQ(refusal(needs, budget_of(least, process), 16), "");
  EXPECT_EQ(refusal(needs, RankMemory{{}, process}, 16), "") << "no limit";
  const std::string why = refusal(needs, budget_of(least - 1, process), 16);
  EXPECT_THAT(why, HasSubstr("memory of rank 3: expected at least "));
  EXPECT_THAT(why, HasSubstr("process 10.0 MiB + "));
  EXPECT_THAT(why, HasSubstr("(configured)"));
  EXPECT_EQ(why.find('\n'), std::string::npos);
}

TEST(MemoryNeedsTest, the_process_is_taken_off_the_budget_of_the_run) {
  EXPECT_EQ(budget_of(100, 30).for_run(), 70U);
  EXPECT_EQ(budget_of(100, 200).for_run(), 1U) << "0 would be no limit";
  EXPECT_EQ((RankMemory{{}, 30}).for_run(), 0U);
}

/// 30 MiB of rows: far more than the fixed part, so that a row that is not counted shows.
TEST(MemoryNeedsTest, a_worker_holds_no_more_than_was_planned) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "what ThreadSanitizer remembers of each byte is resident as well";
#endif
  const TemporaryDirectory directory;
  const std::uint64_t rows = 20000;
  const std::uint64_t features = 1536;
  {
    data::test::H5Builder builder(directory.path() / "wide.h5");
    const std::vector<std::uint8_t> x(rows * features, 3);
    const auto labels = data::test::cyclic_labels<std::uint8_t>(rows, 2);
    builder.put("train/x", {rows, features}, x, {.chunk = {64, features}});
    builder.put("train/y", {rows}, labels);
    builder.put("test/x", {10, features}, std::vector<std::uint8_t>(10 * features, 3));
    builder.put("test/y", {10}, data::test::cyclic_labels<std::uint8_t>(10, 2));
  }
  test::TestRun run;
  run.config.data.file = directory.path() / "wide.h5";
  run.config.model_file = directory.write("wide.toml", test::linear_model(features));
  // What earlier tests freed may still be resident, and the rows would then grow nothing.
  malloc_trim(0);
  const std::uint64_t before = data::process_memory().resident;
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  trainer.load({.pool_count = 19900, .shard_rows = 18000, .minibatch = 16});
  test::finish(trainer);
  trainer.adopt(protocol::ModelSource::Initial, {});
  test::train_round(trainer, true);
  test::train_round(trainer, true);
  const std::uint64_t grown = data::process_memory().resident - before;
  const std::uint64_t planned = worker_needs(inputs).model.bytes(18000, 16);
  EXPECT_LE(grown, planned);
  EXPECT_GE(grown, 17900U / 2 * features) << "the test does not measure what it should";
}

TEST(MemoryNeedsTest, windows_of_test_rows_are_whole_mini_batches) {
  data::DatasetInfo info;
  info.features = {3, 32, 32};
  EXPECT_EQ(test_window_rows(info) % Evaluator::kBatch, 0U);
  EXPECT_GE(test_window_rows(info) * info.row_bytes(), 8 * kMiB);
  info.features = {1000, 1000, 1000};
  EXPECT_EQ(test_window_rows(info), Evaluator::kBatch);
}

}  // namespace
}  // namespace hermes::runtime
