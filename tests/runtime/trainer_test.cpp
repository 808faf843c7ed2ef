#include "hermes/runtime/trainer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>

#include "hermes/protocol/partition.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using protocol::ModelSource;
using protocol::PayloadKind;
using test::times_trained;
using test::train_round;

/// Gives a trainer the initial model and reads its rows.
void prepare(Trainer& trainer, const protocol::Assignment& assignment) {
  trainer.adopt(ModelSource::Initial, {});
  trainer.load(assignment);
  EXPECT_TRUE(std::holds_alternative<protocol::AssignmentLoaded>(test::finish(trainer)));
}

protocol::Assignment assignment_of(const RunInputs& inputs, Rank rank, std::uint32_t workers = 1) {
  const RunConfig& config = inputs.config();
  return protocol::make_assignment(inputs.partition(workers), rank,
                                   {config.allocation.initial_rows, config.train.minibatch, ""}, 1);
}

std::vector<float> weights(const Trainer& trainer) {
  const std::span<const float> values = trainer.network().parameters();
  return {values.begin(), values.end()};
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

TEST(TrainerTest, disjoint_pools_never_touch_each_others_rows) {
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

TEST(TrainerTest, smaller_shard_of_the_same_pool_goes_on_near_where_it_was) {
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

TEST(TrainerTest, abandoned_round_ends_at_once_and_the_next_one_is_whole) {
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

TEST(TrainerTest, round_abandoned_while_a_window_is_read_skips_no_window) {
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

TEST(TrainerTest, rows_fetched_ahead_by_a_thread_train_the_same_model) {
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

TEST(TrainerTest, while_it_waits_for_rows_there_is_nothing_to_do) {
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

TEST(TrainerTest, payload_of_parameters_is_the_networks_own_memory) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  train_round(trainer);
  const SharedParameters payload = trainer.payload(PayloadKind::Parameters);
  EXPECT_EQ(payload.values().data(), trainer.network().parameters().data());
  EXPECT_EQ(payload.size(), trainer.network().parameter_count());
}

TEST(TrainerTest, payload_of_parameters_outlives_the_trainer) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  SharedParameters payload;
  std::vector<float> expected;
  {
    Trainer trainer(inputs, Rank{1});
    prepare(trainer, assignment_of(inputs, Rank{1}));
    train_round(trainer);
    payload = trainer.payload(PayloadKind::Parameters);
    expected = weights(trainer);
  }
  EXPECT_TRUE(std::ranges::equal(payload.values(), expected));
}

TEST(TrainerTest, delta_and_displacement_are_differences_to_what_was_pulled_and_to_the_start) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  AlignedVector<float> pulled(inputs.parameter_count());
  for (std::size_t i = 0; i < pulled.size(); ++i) {
    pulled[i] = inputs.initial().values()[i] + 0.25F;
  }
  trainer.adopt(ModelSource::Attached, ParameterPool(pulled.size()).copy_of(pulled));
  EXPECT_TRUE(std::ranges::equal(weights(trainer), pulled));
  train_round(trainer);
  const std::vector<float> trained = weights(trainer);
  const SharedParameters delta = trainer.payload(PayloadKind::Delta);
  const SharedParameters displacement = trainer.payload(PayloadKind::Displacement);
  for (std::size_t i = 0; i < trained.size(); ++i) {
    ASSERT_EQ(delta.values()[i], trained[i] - pulled[i]);
    ASSERT_EQ(displacement.values()[i], trained[i] - inputs.initial().values()[i]);
  }
  EXPECT_FALSE(std::ranges::equal(trained, pulled));
}

TEST(TrainerTest, a_thinned_out_delta_and_what_stays_behind_are_the_whole_delta) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  train_round(trainer);
  wire::ErrorFeedback feedback(inputs.parameter_count(), 0.1);
  const SharedParameters whole = trainer.payload(PayloadKind::Delta);
  const SharedParameters sent = trainer.payload(PayloadKind::Delta, &feedback);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    ASSERT_EQ(sent.values()[i] + feedback.residual()[i], whole.values()[i]);
  }
  EXPECT_EQ(std::ranges::count_if(sent.values(), [](float value) { return value != 0.0F; }),
            feedback.kept_count());
}

TEST(TrainerTest, a_rounded_delta_and_what_stays_behind_are_the_whole_delta) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  train_round(trainer);
  wire::ErrorFeedback feedback(inputs.parameter_count());
  const SharedParameters whole = trainer.payload(PayloadKind::Delta);
  const SharedParameters sent = trainer.payload(PayloadKind::Delta, &feedback);
  EXPECT_FALSE(std::ranges::equal(sent.values(), whole.values()));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    ASSERT_EQ(sent.values()[i] + feedback.residual()[i], whole.values()[i]);
  }
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
  data::Shard rows(inputs.dataset(), inputs.output_count());
  rows.load(inputs.evaluation_rows());
  nn::Network network(inputs.model(), Evaluator::kBatch);
  network.set_parameters(trainer.network().parameters());
  const EvaluationResult expected = Evaluator(network, nn::CrossEntropy{}, rows).run();
  EXPECT_EQ(rows.row_count(), 70U);
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
    data::Shard rows(inputs.dataset(), inputs.output_count());
    rows.load(inputs.evaluation_rows());
    nn::Network network(inputs.model(), Evaluator::kBatch);
    network.set_parameters(trainer.network().parameters());
    EXPECT_EQ(outcome.validation_loss, Evaluator(network, nn::CrossEntropy{}, rows).run().loss);
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
  data::Shard rows(inputs.dataset(), inputs.output_count());
  rows.load(inputs.evaluation_rows());
  nn::Network network(inputs.model(), Evaluator::kBatch);
  network.set_parameters(trainer.network().parameters());
  EXPECT_EQ(outcome.validation_loss, Evaluator(network, nn::CrossEntropy{}, rows).run().loss);
  run.config.train.label_smoothing = 0.0;
  const RunInputs plain_inputs(run.config);
  Trainer plain(plain_inputs, Rank{1});
  prepare(plain, assignment_of(plain_inputs, Rank{1}));
  EXPECT_LT(train_round(plain).train_loss, outcome.train_loss);
}

TEST(TrainerTest, decay_leaves_biases_alone_where_it_is_told_to) {
  test::TestRun run;
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
      const bool decays = decay_biases || tensor.shape.size() > 1;
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
