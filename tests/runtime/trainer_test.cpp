#include "hermes/runtime/trainer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using protocol::ModelSource;
using test::assignment_of;
using test::prepare;
using test::times_trained;
using test::train_round;
using test::weights;

/// The trainer's model on the evaluation rows, by a network and a shard of its own.
EvaluationResult measured_apart(const RunInputs& inputs, const Trainer& trainer) {
  data::Shard rows(inputs.dataset(), inputs.output_count());
  rows.load(inputs.evaluation_rows());
  nn::Network network(inputs.model(), Evaluator::kBatch);
  network.set_parameters(trainer.network().parameters());
  return Evaluator(network, nn::CrossEntropy{}, rows).run();
}

TEST(TrainerTest, round_of_epochs_passes_over_the_shard) {
  test::TestRun run(500);  // 400 train
  run.config.train.round = {RoundLength::Unit::Epochs, 3};
  run.config.train.minibatch = 64;
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  const protocol::RoundOutcome outcome = train_round(trainer);
  EXPECT_EQ(outcome.samples, 3U * 400U);
  EXPECT_EQ(outcome.steps, 3U * 7U);  // six of 64 and one of 16
  EXPECT_GT(outcome.train_loss, 0.0);
  EXPECT_EQ(outcome.validation_loss, 0.0);
  EXPECT_FALSE(trainer.is_busy());
}

TEST(TrainerTest, round_of_steps_goes_on_where_the_last_one_stopped) {
  test::OneHotRun run(40);
  run.config.train.round = {RoundLength::Unit::Steps, 15};
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  for (int round = 0; round < 8; ++round) {  // 120 steps: three passes over 40 rows
    EXPECT_EQ(train_round(trainer).steps, 15U);
  }
  EXPECT_EQ(times_trained(inputs, trainer), std::vector<int>(40, 3));
}

TEST(TrainerTest, mean_train_loss_weighs_a_smaller_last_batch_by_its_rows) {
  test::OneHotRun run(33);
  run.config.train.minibatch = 32;
  run.config.train.optimizer.learning_rate = 1e-12;  // the model stays what it was
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  data::Shard rows(inputs.dataset(), inputs.output_count());
  rows.load(inputs.plan().training());
  nn::Network network(inputs.model(), Evaluator::kBatch);
  network.set_parameters(inputs.initial().values());
  const EvaluationResult expected = Evaluator(network, nn::CrossEntropy{}, rows).run();
  EXPECT_NEAR(train_round(trainer).train_loss, expected.loss, 1e-6);
}

TEST(TrainerTest, adopting_the_initial_model_restores_it) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  train_round(trainer);
  trainer.adopt(ModelSource::Initial, {});
  EXPECT_TRUE(std::ranges::equal(weights(trainer), inputs.initial().values()));
}

TEST(TrainerTest, validation_measures_the_local_model_on_the_evaluation_rows) {
  test::TestRun run;
  run.config.data.evaluation_rows = 70;
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  const protocol::RoundOutcome outcome = train_round(trainer, true);
  const EvaluationResult expected = measured_apart(inputs, trainer);
  EXPECT_EQ(inputs.evaluation_rows().row_count(), 70U);
  EXPECT_EQ(outcome.validation_loss, expected.loss);
  EXPECT_EQ(outcome.validation_accuracy, expected.accuracy);
}

TEST(TrainerTest, changed_pictures_are_those_of_the_seed_and_validation_sees_none_of_them) {
  test::PictureRun run;
  run.config.data.evaluation_rows = 70;
  const auto train = [&run](const data::Augmentation& augment, std::uint64_t seed) {
    run.config.train.augment = augment;
    run.config.seed = seed;
    const RunInputs inputs(run.config);
    Trainer trainer(inputs, Rank{1});
    prepare(trainer, assignment_of(inputs, Rank{1}));
    const protocol::RoundOutcome outcome = train_round(trainer, true);
    EXPECT_EQ(outcome.validation_loss, measured_apart(inputs, trainer).loss);
    return weights(trainer);
  };
  const std::vector<float> plain = train({}, 1);
  const std::vector<float> changed = train({true, 1}, 1);
  EXPECT_EQ(changed, train({true, 1}, 1));
  EXPECT_NE(changed, plain);
  EXPECT_NE(changed, train({true, 1}, 2));
  EXPECT_NE(changed, train({true, 0}, 1));
}

TEST(TrainerTest, smoothed_labels_are_for_training_alone) {
  test::TestRun run;
  run.config.train.label_smoothing = 0.3;
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  const protocol::RoundOutcome outcome = train_round(trainer, true);
  EXPECT_EQ(outcome.validation_loss, measured_apart(inputs, trainer).loss);
  run.config.train.label_smoothing = 0.0;
  const RunInputs plain_inputs(run.config);
  Trainer plain(plain_inputs, Rank{1});
  prepare(plain, assignment_of(plain_inputs, Rank{1}));
  EXPECT_LT(train_round(plain).train_loss, outcome.train_loss);
}

TEST(TrainerTest, decay_leaves_biases_and_scales_alone_where_it_is_told_to) {
  test::PictureRun run;
  run.directory.write("model.toml",  // the scales of an image have three axes
                      "name = \"m\"\ninput = [1, 2, 4]\n[[layer]]\ntype = \"layer_norm\"\n"
                      "[[layer]]\ntype = \"flatten\"\n[[layer]]\ntype = \"dense\"\nunits = 3\n");
  run.config.train.optimizer.learning_rate = 1e-6;  // decay alone moves anything
  run.config.train.optimizer.weight_decay = 1e4;
  run.config.train.optimizer.momentum = 0.0;
  for (const bool decay_biases : {true, false}) {
    run.config.train.optimizer.decay_biases = decay_biases;
    const RunInputs inputs(run.config);
    Trainer trainer(inputs, Rank{1});
    prepare(trainer, assignment_of(inputs, Rank{1}));
    const std::vector<float> ones(inputs.parameter_count(), 1.0F);
    trainer.adopt(ModelSource::Attached, ParameterPool(ones.size()).copy_of(ones));
    train_round(trainer);
    const std::vector<float> after = weights(trainer);
    for (const nn::ParameterTensor& tensor : trainer.network().named_parameters()) {
      const bool decays = decay_biases || tensor.fan_in > 0;
      EXPECT_EQ(after[tensor.offset] < 0.95F, decays) << tensor.name;
    }
  }
}

TEST(TrainerTest, seed_and_rank_alone_decide_the_result) {
  test::TestRun run;
  const auto train = [&run](std::uint64_t seed, Rank rank) {
    run.config.seed = seed;
    const RunInputs inputs(run.config);
    // The same rows for all: only shuffling and dropout differ between ranks.
    Trainer trainer(inputs, rank);
    prepare(trainer, assignment_of(inputs, Rank{1}));
    train_round(trainer);
    train_round(trainer);
    return weights(trainer);
  };
  const std::vector<float> first = train(1, Rank{1});
  const std::vector<float> again = train(1, Rank{1});
  EXPECT_EQ(std::memcmp(first.data(), again.data(), first.size() * sizeof(float)), 0);
  EXPECT_NE(first, train(1, Rank{2}));
  EXPECT_NE(first, train(2, Rank{1}));
}

}  // namespace
}  // namespace hermes::runtime
