// One worker is sequential SGD, bit for bit: the limit identity of bsp.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <sstream>

#include "hermes/core/error.hpp"
#include "hermes/nn/loss.hpp"
#include "hermes/nn/optimizer_spec.hpp"
#include "hermes/runtime/model_store.hpp"
#include "hermes/runtime/run_loops.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

struct TrainedModel {
  std::vector<float> weights;
  EvaluationResult evaluation;
};

/// What a user would write without Hermes' runtime: the models after each of `rounds` epochs.
std::vector<TrainedModel> plain_sgd(const RunConfig& config, std::uint64_t rounds) {
  const data::Dataset dataset(config.data.file);
  const data::RowPlan plan(dataset, *config.data.validation, config.seed);
  const RunInputs inputs(config);  // for the architecture alone
  const std::uint32_t batch = config.train.minibatch;
  nn::Network network(inputs.model(), std::max(batch, Evaluator::kBatch));
  RandomStream initialization(config.seed, RandomPurpose::Initialization);
  network.initialize(initialization);
  network.set_dropout_stream(RandomStream(config.seed, RandomPurpose::Dropout, 1));
  const auto optimizer = nn::make_optimizer(config.train.optimizer.spec(), network.trained_count());
  data::Shard shard(dataset, 3);
  shard.load(plan.training());
  data::Shard validation(dataset, 3);
  validation.load(plan.validation());
  data::ShuffledBatches batches(shard.row_count(), batch,
                                RandomStream(config.seed, RandomPurpose::Shuffle, 1));
  std::vector<float> x(batch * network.input_size());
  std::vector<float> gradient(batch * network.output_size());
  std::vector<std::int32_t> labels(batch);
  std::vector<TrainedModel> models;
  while (models.size() < rounds) {
    for (std::uint64_t step = 0; step < batches.batches_per_pass(); ++step) {
      const std::span<const std::uint32_t> rows = batches.next();
      const std::span<float> samples(x.data(), rows.size() * network.input_size());
      const std::span<std::int32_t> targets(labels.data(), rows.size());
      shard.fill_batch(rows, samples, targets);
      const auto outputs = network.forward(samples, rows.size(), nn::Mode::Training);
      const std::span<float> derivative(gradient.data(), outputs.size());
      nn::CrossEntropy{}.evaluate(outputs, targets, derivative);
      network.backward(derivative);
      const std::size_t trained = network.trained_count();
      optimizer->step(network.parameters().first(trained), network.gradients().first(trained),
                      config.train.learning_rate().at(optimizer->step_count()));
    }
    const std::span<const float> weights = network.parameters();
    models.push_back({{weights.begin(), weights.end()},
                      Evaluator(network, nn::CrossEntropy{}, validation).run()});
  }
  return models;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

RunConfig sequential_config(const test::TestRun& run) {
  RunConfig config = run.config;
  config.strategy.type = StrategyKind::Bsp;
  config.data.evaluation_rows = *config.data.validation;
  config.train.optimizer.momentum = 0.9;
  config.train.optimizer.learning_rate = 0.005;
  config.train.schedule = {.type = ScheduleKind::Cosine, .warmup_steps = 10, .total_steps = 90};
  config.train.minibatch = 24;  // 400 rows: the last batch of a pass has 16
  config.stop.server.max_rounds = 6;
  return config;
}

TEST(SequentialTest, training_alone_is_sequential_sgd_bit_for_bit) {
  const test::TestRun run;
  const RunConfig config = sequential_config(run);
  const std::vector<TrainedModel> expected = plain_sgd(config, 6);
  const RunInputs inputs(config);
  const RunDirectory directory(run.directory.path() / "out", config);
  std::ostringstream screen;
  const std::atomic<bool> stop = false;
  const RunOutcome outcome = train_alone(inputs, directory, {screen, stop, {.quiet = true}});
  EXPECT_EQ(outcome.reason, protocol::StopReason::MaxRounds);
  const StoredModel model = load_model(directory.model_file());
  ASSERT_GE(model.version, 4U);  // several rounds stand behind it
  const TrainedModel& round = expected.at(model.version - 1);
  EXPECT_TRUE(same_bits(model.parameters, round.weights));
  EXPECT_EQ(model.validation_loss, round.evaluation.loss);
  EXPECT_EQ(model.validation_accuracy, round.evaluation.accuracy);
  EXPECT_EQ(model.strategy, "sequential");
}

TEST(SequentialTest, one_bsp_worker_is_sequential_sgd_bit_for_bit_whoever_gets_the_turns) {
  const test::TestRun run;
  const RunConfig config = sequential_config(run);
  const std::vector<TrainedModel> expected = plain_sgd(config, 6);
  const RunInputs inputs(config);
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const test::ClusterResult result = test::run_cluster(inputs, 1, seed);
    ASSERT_TRUE(result.best);
    ASSERT_GE(result.best->version.value, 4U);
    EXPECT_TRUE(same_bits(result.best->parameters.values(),
                          expected.at(result.best->version.value - 1).weights));
    EXPECT_EQ(result.evaluations.size(), 6U);
  }
}

TEST(SequentialTest, one_bsp_worker_keeps_running_statistics_bit_for_bit_as_well) {
  const test::TestRun run;
  run.directory.write("model.toml", test::kNormalisedModel);
  const RunConfig config = sequential_config(run);
  const std::vector<TrainedModel> expected = plain_sgd(config, 6);
  const RunInputs inputs(config);
  ASSERT_EQ(inputs.statistics_count(), test::kNormalisedStatistics);
  const test::ClusterResult result = test::run_cluster(inputs, 1, 1);
  ASSERT_TRUE(result.best);
  const TrainedModel& round = expected.at(result.best->version.value - 1);
  EXPECT_TRUE(same_bits(result.best->parameters.values(), round.weights));
  EXPECT_EQ(result.best->validation_loss, round.evaluation.loss);
  const std::span<const float> initial = inputs.initial().values();
  EXPECT_FALSE(same_bits(initial.last(test::kNormalisedStatistics),
                         std::span(round.weights).last(test::kNormalisedStatistics)));
}

TEST(SequentialTest, interrupted_before_it_begins_ends_in_good_order_without_a_model) {
  const test::TestRun run;
  const RunConfig config = sequential_config(run);
  const RunInputs inputs(config);
  const RunDirectory directory(run.directory.path() / "out", config);
  std::ostringstream screen;
  const std::atomic<bool> stop = true;
  const RunOutcome outcome = train_alone(inputs, directory, {screen, stop, {.quiet = true}});
  EXPECT_EQ(outcome.reason, protocol::StopReason::Interrupted);
  EXPECT_FALSE(std::filesystem::exists(directory.model_file()));
  EXPECT_TRUE(telemetry::read_summary(directory.path() / "summary.json").interrupted);
}

TEST(SequentialTest, a_run_that_goes_on_and_is_stopped_at_once_can_still_go_on) {
  const test::TestRun run;
  RunConfig config = sequential_config(run);
  config.checkpoint.every = seconds(1e-9);
  const RunInputs inputs(config);
  std::ostringstream screen;
  const RunDirectory directory(run.directory.path() / "out", config);
  const std::atomic<bool> no = false;
  EXPECT_EQ(train_alone(inputs, directory, {screen, no, {.quiet = true}}).reason,
            protocol::StopReason::MaxRounds);
  auto found = newest_checkpoint(directory.checkpoints(), [](const std::string&) {});
  ASSERT_TRUE(found);
  config.checkpoint.every = seconds(0.0);  // nothing new is saved
  const RunInputs longer(config);
  const std::atomic<bool> yes = true;
  const RunOutcome stopped = train_alone(longer, directory, {screen, yes, {.quiet = true}}, {},
                                         transport::real_time(), std::move(found->content));
  EXPECT_EQ(stopped.reason, protocol::StopReason::Interrupted);
  EXPECT_EQ(exit_code(stopped), 75);
}

}  // namespace
}  // namespace hermes::runtime
