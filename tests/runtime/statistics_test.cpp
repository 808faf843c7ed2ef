// Running statistics of batch normalisation on their way from the workers into the global model.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/protocol/partition.hpp"
#include "hermes/wire/error_feedback.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using protocol::ModelSource;
using protocol::PayloadKind;
using test::kNormalisedStatistics;

constexpr std::uint32_t kWorkers = 3;
constexpr StrategyKind kStrategies[] = {
    StrategyKind::Bsp,     StrategyKind::Asp,    StrategyKind::Ssp,    StrategyKind::Ebsp,
    StrategyKind::SelSync, StrategyKind::Hermes, StrategyKind::Timebox};

struct NormalisedRun : test::TestRun {
  NormalisedRun() {
    directory.write("model.toml", test::kNormalisedModel);
    config.allocation.initial_rows = 100;
  }
};

std::vector<float> statistics_of(std::span<const float> values) {
  const std::span<const float> last = values.last(kNormalisedStatistics);
  return {last.begin(), last.end()};
}

/// A worker that has trained a round from the initial model.
std::unique_ptr<Trainer> trained(const RunInputs& inputs, int rank) {
  auto trainer = std::make_unique<Trainer>(inputs, Rank{rank});
  const RunConfig& config = inputs.config();
  trainer->adopt(ModelSource::Initial, {});
  trainer->load(
      protocol::make_assignment(inputs.partition(kWorkers), Rank{rank},
                                {config.allocation.initial_rows, config.train.minibatch, ""}, 1));
  test::finish(*trainer);
  test::train_round(*trainer);
  return trainer;
}

TEST(StatisticsTest, travel_as_they_are_under_every_strategy_and_are_never_thinned_out) {
  const NormalisedRun run;
  const RunInputs inputs(run.config);
  const std::unique_ptr<Trainer> trainer = trained(inputs, 1);
  const std::vector<float> own = statistics_of(trainer->network().parameters());
  EXPECT_NE(own, statistics_of(inputs.initial().values()));
  for (const PayloadKind kind :
       {PayloadKind::Parameters, PayloadKind::Delta, PayloadKind::Displacement}) {
    EXPECT_EQ(statistics_of(trainer->payload(kind).values()), own);
  }
  wire::ErrorFeedback feedback(inputs.parameter_count() - kNormalisedStatistics, 0.01);
  const SharedParameters thin = trainer->payload(PayloadKind::Delta, &feedback);
  EXPECT_EQ(statistics_of(thin.values()), own);
  const auto trained_part = thin.values().first(thin.size() - kNormalisedStatistics);
  EXPECT_EQ(trained_part.size() - static_cast<std::size_t>(std::ranges::count(trained_part, 0.0F)),
            feedback.kept_count());
}

TEST(StatisticsTest, beyond_what_halves_hold_they_end_the_run_instead_of_every_push) {
  NormalisedRun run;
  run.config.strategy.type = StrategyKind::Timebox;  // halves by default
  const RunInputs inputs(run.config);
  const std::unique_ptr<Trainer> trainer = trained(inputs, 1);
  EXPECT_NO_THROW(trainer->payload(PayloadKind::Delta));
  std::vector<float> large(trainer->network().parameters().begin(),
                           trainer->network().parameters().end());
  large.back() = 70000.0F;
  trainer->adopt(ModelSource::Attached, ParameterPool(large.size()).copy_of(large));
  EXPECT_THROW(trainer->payload(PayloadKind::Delta), DataError);
}

TEST(StatisticsTest, of_several_workers_become_a_mean_under_every_strategy) {
  const NormalisedRun run;
  for (const StrategyKind strategy : kStrategies) {
    for (const bool lossy : {false, true}) {
      RunConfig config = run.config;
      config.strategy.type = strategy;
      config.strategy.bsp.server.kind = protocol::ServerOptimizerKind::Adam;
      config.wire.payload = lossy ? PayloadFormat::Bf16 : PayloadFormat::Fp32;
      const RunInputs inputs(config);
      const std::unique_ptr<protocol::MergeRule> merge = inputs.strategy(Rank{0}).merge;
      std::vector<std::unique_ptr<Trainer>> workers;
      std::vector<protocol::Update> updates;
      std::vector<float> mean(kNormalisedStatistics);
      for (int rank = 1; rank <= static_cast<int>(kWorkers); ++rank) {
        workers.push_back(trained(inputs, rank));
        updates.push_back({.rank = Rank{rank},
                           .payload = workers.back()->payload(merge->payload()),
                           .loss = 1.0,
                           .samples = 100});
        const std::vector<float> own = statistics_of(workers.back()->network().parameters());
        for (std::size_t i = 0; i < own.size(); ++i) {
          mean[i] += own[i] / static_cast<float>(kWorkers);
        }
      }
      std::vector<float> merged(inputs.parameter_count());
      // Rules that merge one update after the other: each counts as one of so many workers, from a
      // global model that is the mean already.
      std::vector<float> global(inputs.initial().values().begin(), inputs.initial().values().end());
      std::ranges::copy(mean, global.end() - static_cast<std::ptrdiff_t>(mean.size()));
      merge->merge({.version = Version{1},
                    .initial = inputs.initial().values(),
                    .global = global,
                    .global_loss = 1.0,
                    .updates = updates,
                    .statistics_count = inputs.statistics_count(),
                    .live_workers = kWorkers},
                   merged);
      const std::vector<float> found = statistics_of(merged);
      const bool is_mean = strategy == StrategyKind::Bsp || strategy == StrategyKind::Ebsp ||
                           strategy == StrategyKind::SelSync || strategy == StrategyKind::Timebox;
      for (std::size_t i = 0; i < mean.size(); ++i) {
        float least = mean[i];
        float most = mean[i];
        for (const auto& worker : workers) {
          const float own = statistics_of(worker->network().parameters())[i];
          least = std::min(least, own);
          most = std::max(most, own);
        }
        if (is_mean) {
          ASSERT_NEAR(found[i], mean[i], 1e-6 * std::abs(mean[i]) + 1e-7);
        }
        ASSERT_GE(found[i], least - 1e-6F) << static_cast<int>(strategy);
        ASSERT_LE(found[i], most + 1e-6F * std::abs(most)) << static_cast<int>(strategy);
      }
    }
  }
}

TEST(StatisticsTest, of_a_new_model_replace_those_learned_while_a_push_was_in_flight) {
  const NormalisedRun run;
  const RunInputs inputs(run.config);
  const std::unique_ptr<Trainer> trainer = trained(inputs, 1);
  const std::vector<float> sent(trainer->network().parameters().begin(),
                                trainer->network().parameters().end());
  trainer->payload(PayloadKind::Delta);
  test::train_round(*trainer);
  std::vector<float> answer = sent;
  std::fill(answer.end() - kNormalisedStatistics, answer.end(), 7.0F);
  const auto owner = std::make_shared<std::vector<float>>(answer);
  const std::vector<float> before(trainer->network().parameters().begin(),
                                  trainer->network().parameters().end());
  trainer->rebase(SharedParameters(owner, *owner));
  const std::span<const float> after = trainer->network().parameters();
  EXPECT_EQ(statistics_of(after), std::vector<float>(kNormalisedStatistics, 7.0F));
  for (std::size_t i = 0; i < after.size() - kNormalisedStatistics; ++i) {
    ASSERT_NEAR(after[i], before[i], 1e-6F);  // the answer was what was sent
  }
}

TEST(StatisticsTest, mini_batches_of_one_row_are_refused_where_they_teach_nothing) {
  const NormalisedRun run;
  const auto error_of = [](const RunConfig& config) -> std::string {
    try {
      const RunInputs inputs(config);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "none";
  };
  RunConfig config = run.config;
  config.train.minibatch = 1;
  EXPECT_EQ(
      error_of(config),
      "train.minibatch: expected at least 2, as model 'normalised' normalises over the rows of "
      "a mini-batch, found 1");
  config.train.minibatch = 2;
  EXPECT_EQ(error_of(config), "none");
  config.allocation.type = AllocationKind::Adaptive;
  config.allocation.minibatch_min = 1;
  EXPECT_EQ(error_of(config).rfind("allocation.minibatch_min: expected at least 2", 0), 0U);
  config.allocation.minibatch_min = 2;
  config.wire.payload = PayloadFormat::Int8;
  EXPECT_EQ(error_of(config).rfind("key 'wire.payload': expected 'fp32', 'fp16' or 'bf16'", 0), 0U);
}

TEST(StatisticsTest, every_strategy_trains_a_normalised_model) {
  const NormalisedRun run;
  for (const StrategyKind strategy : kStrategies) {
    for (const PayloadFormat payload : {PayloadFormat::Fp32, PayloadFormat::Bf16}) {
      RunConfig config = run.config;
      config.strategy.type = strategy;
      config.strategy.hermes.gate.alpha = 10.0;  // push always
      config.strategy.timebox.server.learning_rate = 1.0;
      config.wire.payload = payload;
      config.stop.server.max_rounds = 8;
      const RunInputs inputs(config);
      const test::ClusterResult result = test::run_cluster(inputs, kWorkers, 3);
      ASSERT_TRUE(result.best) << static_cast<int>(strategy);
      EXPECT_GT(result.best->validation_accuracy, 0.85) << static_cast<int>(strategy);
      const std::vector<float> found = statistics_of(result.best->parameters.values());
      for (std::size_t i = kNormalisedStatistics / 2; i < kNormalisedStatistics; ++i) {
        EXPECT_GE(found[i], 0.0F);
        EXPECT_NE(found[i], 1.0F);
      }
    }
  }
}

}  // namespace
}  // namespace hermes::runtime
