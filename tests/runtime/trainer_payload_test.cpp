#include "hermes/runtime/trainer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using protocol::ModelSource;
using protocol::PayloadKind;
using test::assignment_of;
using test::prepare;
using test::train_round;
using test::weights;

TEST(TrainerPayloadTest, payload_of_parameters_is_the_networks_own_memory) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  Trainer trainer(inputs, Rank{1});
  prepare(trainer, assignment_of(inputs, Rank{1}));
  train_round(trainer);
  const SharedParameters payload = trainer.payload(PayloadKind::Parameters);
  EXPECT_EQ(payload.values().data(), trainer.network().parameters().data());
  EXPECT_EQ(payload.size(), trainer.network().parameter_count());
}

TEST(TrainerPayloadTest, payload_of_parameters_outlives_the_trainer) {
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

TEST(TrainerPayloadTest,
     delta_and_displacement_are_differences_to_what_was_pulled_and_to_the_start) {
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

TEST(TrainerPayloadTest, a_thinned_out_delta_and_what_stays_behind_are_the_whole_delta) {
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

TEST(TrainerPayloadTest, a_rounded_delta_and_what_stays_behind_are_the_whole_delta) {
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

}  // namespace
}  // namespace hermes::runtime
