#include "hermes/runtime/run_config.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "temporary_directory.hpp"

namespace hermes::runtime {
namespace {

constexpr std::string_view kMinimal = "[model]\nfile = \"m.toml\"\n[data]\nfile = \"d.h5\"\n";

RunConfig parse(std::string_view text, const std::vector<std::string>& overrides = {}) {
  return parse_run_config(std::string(kMinimal) + std::string(text), "run.toml", overrides);
}

TEST(RunConfigTest, what_a_file_leaves_out_keeps_its_default) {
  RunConfig expected;
  expected.model_file = "m.toml";
  expected.data.file = "d.h5";
  EXPECT_EQ(parse(""), expected);
}

TEST(RunConfigTest, defaults_are_those_of_the_paper) {
  const RunConfig config = parse("");
  EXPECT_EQ(config.strategy.type, StrategyKind::Hermes);
  EXPECT_EQ(config.strategy.hermes.gate.alpha, -1.3);
  EXPECT_EQ(config.strategy.hermes.gate.beta, 0.1);
  EXPECT_EQ(config.strategy.hermes.gate.lambda, 5U);
  EXPECT_EQ(config.strategy.hermes.gate.window, 10U);
  EXPECT_TRUE(config.strategy.hermes.gate.clear_window);
  EXPECT_FALSE(config.strategy.hermes.gate.reset_threshold);
  EXPECT_EQ(config.strategy.hermes.staleness_exponent, 0.0);
  EXPECT_EQ(config.stop.server.patience, 25U);
}

TEST(RunConfigTest, whole_numbers_stand_for_numbers) {
  EXPECT_EQ(parse("[stop]\nmax_seconds = 600").stop.server.max_time, seconds(600.0));
}

TEST(RunConfigTest, chosen_strategy_has_the_settings_of_its_table) {
  constexpr std::string_view kAll =
      "[strategy.hermes]\nalpha = -0.5\n[strategy.bsp]\nserver_learning_rate = 0.5\n"
      "[strategy.asp]\nserver_learning_rate = 0.25\n";
  const auto hermes = parse(kAll).strategy_spec();
  EXPECT_EQ(std::get<protocol::HermesConfig>(hermes).gate.alpha, -0.5);
  const auto bsp = parse(kAll, {"strategy.type=bsp"}).strategy_spec();
  EXPECT_EQ(std::get<protocol::BspConfig>(bsp).server.learning_rate, 0.5);
  const auto asp = parse(kAll, {"strategy.type=asp"}).strategy_spec();
  EXPECT_EQ(std::get<protocol::AspConfig>(asp).server.learning_rate, 0.25);
}

TEST(RunConfigTest, chosen_optimizer_takes_what_it_has_of_the_table) {
  constexpr std::string_view kTrain =
      "[train]\noptimizer = { learning_rate = 0.5, momentum = 0.8, nesterov = true, beta1 = 0.7 }";
  const TrainSettings sgd = parse(kTrain).train;
  EXPECT_EQ(std::get<nn::SgdSpec>(sgd.optimizer.spec()).momentum, 0.8);
  EXPECT_TRUE(std::get<nn::SgdSpec>(sgd.optimizer.spec()).nesterov);
  EXPECT_EQ(std::get<nn::SgdSpec>(sgd.optimizer.spec()).weight_decay, 0.0);
  EXPECT_EQ(sgd.learning_rate().base, 0.5);
  const TrainSettings adam = parse(kTrain, {"train.optimizer.type=adam"}).train;
  EXPECT_EQ(std::get<nn::AdamSpec>(adam.optimizer.spec()).beta1, 0.7);
  EXPECT_EQ(std::get<nn::AdamSpec>(adam.optimizer.spec()).weight_decay, 0.0);
  const TrainSettings adamw = parse(kTrain, {"train.optimizer.type=adamw"}).train;
  EXPECT_EQ(std::get<nn::AdamwSpec>(adamw.optimizer.spec()).weight_decay, 0.01);
}

TEST(RunConfigTest, models_travel_as_pushes_do_unless_told_otherwise) {
  using wire::PayloadEncoding;
  struct Row {
    const char* wire;
    PayloadEncoding up;
    PayloadEncoding down;
    const char* strategy = "strategy.type=asp";
  };
  const std::vector<Row> rows{
      {"", PayloadEncoding::Fp32, PayloadEncoding::Fp32},
      {"payload = \"fp32\"", PayloadEncoding::Fp32, PayloadEncoding::Fp32},
      {"payload = \"fp16\"", PayloadEncoding::Fp16, PayloadEncoding::Fp16},
      {"payload = \"bf16\"", PayloadEncoding::Bf16, PayloadEncoding::Bf16},
      {"payload = \"int8\"", PayloadEncoding::Int8, PayloadEncoding::Int8},
      {"payload = \"topk\"", PayloadEncoding::Sparse, PayloadEncoding::Fp32},
      {"payload = \"topk\"\ndown = \"fp16\"", PayloadEncoding::Sparse, PayloadEncoding::Fp16},
      {"payload = \"fp16\"\ndown = \"fp32\"", PayloadEncoding::Fp16, PayloadEncoding::Fp32},
      {"down = \"bf16\"", PayloadEncoding::Fp32, PayloadEncoding::Bf16},
      {"", PayloadEncoding::Int8, PayloadEncoding::Int8, "strategy.type=timebox"},
      {"payload = \"fp32\"", PayloadEncoding::Fp32, PayloadEncoding::Fp32, "strategy.type=timebox"},
  };
  for (const Row& row : rows) {
    const RunConfig config = parse(std::string("[wire]\n") + row.wire, {row.strategy});
    EXPECT_EQ(config.payload_up(), row.up) << row.wire;
    EXPECT_EQ(config.payload_down(), row.down) << row.wire;
    const bool is_exact = row.up == PayloadEncoding::Fp32 && row.down == PayloadEncoding::Fp32;
    EXPECT_EQ(config.has_lossy_payload(), !is_exact) << row.wire;
  }
}

TEST(RunConfigTest, schedule_is_the_one_that_was_chosen) {
  const auto step =
      parse("[train]\nschedule = { type = \"step\", warmup_steps = 5, every_steps = 7 }")
          .train.learning_rate();
  EXPECT_EQ(step.warmup_steps, 5U);
  EXPECT_EQ(std::get<nn::StepSchedule>(step.schedule).every_steps, 7U);
  const auto cosine =
      parse("[train]\nschedule = { type = \"cosine\", total_steps = 9, floor = 0.1 }")
          .train.learning_rate();
  EXPECT_EQ(std::get<nn::CosineSchedule>(cosine.schedule).total_steps, 9U);
  EXPECT_EQ(std::get<nn::CosineSchedule>(cosine.schedule).floor, 0.1);
  EXPECT_TRUE(std::holds_alternative<nn::MeanSquaredError>(
      parse("[train]\nloss = \"mse\"").train.loss_spec()));
}

TEST(RunConfigTest, adaptive_allocation_knows_the_round_and_the_mini_batch_of_the_training) {
  const RunConfig config = parse(
      "[train]\nsteps_per_round = 7\nminibatch = 32\n"
      "[allocation]\ntype = \"adaptive\"\ninitial_rows = 900\ntolerance = 0.25");
  const protocol::AdaptiveAllocationConfig expected{
      .rows = 900, .minibatch = 32, .round = {RoundLength::Unit::Steps, 7}, .tolerance = 0.25};
  EXPECT_EQ(config.allocation_spec(), protocol::AllocationConfig(expected));
}

TEST(RunConfigTest, override_replaces_what_the_file_says) {
  const RunConfig config =
      parse("[stop]\nmax_rounds = 5\n",
            {"stop.max_rounds=7", "seed = 9", "name=my run", "data.file=/tmp/other data.h5",
             "train.optimizer={ type = \"adam\", beta1 = 0.5 }", "data.partition=\"disjoint\"",
             "strategy.hermes.clear_window=false", "stop.max_rounds=8"});
  EXPECT_EQ(config.stop.server.max_rounds, 8U);
  EXPECT_EQ(config.name, "my run");
  EXPECT_EQ(config.data.file, "/tmp/other data.h5");
  EXPECT_EQ(config.train.optimizer.type, OptimizerKind::Adam);
  EXPECT_EQ(config.train.optimizer.beta1, 0.5);
  EXPECT_EQ(config.data.partition, protocol::PartitionKind::Disjoint);
  EXPECT_FALSE(config.strategy.hermes.gate.clear_window);
}

TEST(RunConfigTest, override_of_the_round_length_replaces_its_other_key) {
  const RunConfig steps = parse("[train]\nepochs_per_round = 2", {"train.steps_per_round=3"});
  EXPECT_EQ(steps.train.round, (RoundLength{RoundLength::Unit::Steps, 3}));
  const RunConfig epochs = parse("[train]\nsteps_per_round = 2", {"train.epochs_per_round=3"});
  EXPECT_EQ(epochs.train.round, (RoundLength{RoundLength::Unit::Epochs, 3}));
}

TEST(RunConfigTest, relative_paths_are_looked_for_around_the_file) {
  const TemporaryDirectory project;
  const TemporaryDirectory elsewhere;
  const auto model = project.write("models/m.toml", "");
  const auto data = project.write("jobs/d.h5", "");
  const auto file =
      project.write("jobs/run.toml", "model.file = \"models/m.toml\"\ndata.file = \"d.h5\"\n");
  const std::filesystem::path before = std::filesystem::current_path();

  std::filesystem::current_path(elsewhere.path());
  const RunConfig from_elsewhere = load_run_config(file);
  elsewhere.write("d.h5", "");
  const RunConfig near = load_run_config(file);
  std::filesystem::current_path(project.path());
  const RunConfig from_root = load_run_config("jobs/run.toml");
  std::filesystem::current_path(before);

  EXPECT_EQ(from_elsewhere.model_file, model);           // beside the file's directory
  EXPECT_EQ(from_elsewhere.data.file, data);             // in the file's directory
  EXPECT_EQ(near.data.file, elsewhere.path() / "d.h5");  // the current directory comes first
  EXPECT_EQ(from_root.model_file, model);
  EXPECT_EQ(from_root.data.file, data);
}

TEST(RunConfigTest, shipped_jobs_are_valid) {
  for (const auto* name : {"fashion_mnist.toml", "smoke.toml"}) {
    const auto file = std::filesystem::path(HERMES_SOURCE_DIR) / "jobs" / name;
    const RunConfig config = load_run_config(file);
    EXPECT_TRUE(std::filesystem::exists(config.model_file)) << config.model_file;
  }
}

TEST(EvaluationIntervalTest, automatic_is_each_merge_for_hermes_and_ten_per_pass_for_others) {
  struct Row {
    const char* train;
    const char* strategy;
    std::uint32_t workers;
    std::uint64_t expected;
  };
  // 50,000 rows, shards of 2,500: a tenth of a pass is 5,000 rows.
  const std::vector<Row> rows{
      {"steps_per_round = 1", "hermes", 4, 1}, {"epochs_per_round = 1", "asp", 4, 2},
      {"epochs_per_round = 1", "bsp", 4, 1},   {"steps_per_round = 1", "asp", 4, 312},
      {"steps_per_round = 1", "bsp", 4, 78},   {"steps_per_round = 10", "bsp", 4, 7},
      {"epochs_per_round = 9", "asp", 1, 1},
  };
  for (const Row& row : rows) {
    const RunConfig config =
        parse(std::string("[train]\n") + row.train, {std::string("strategy.type=") + row.strategy});
    EXPECT_EQ(evaluation_interval(config, 50'000, row.workers), row.expected)
        << row.strategy << ", " << row.train;
  }
  EXPECT_EQ(evaluation_interval(parse("[evaluation]\nevery_merges = 6"), 50'000, 4), 6U);
}

}  // namespace
}  // namespace hermes::runtime
