#include "hermes/runtime/run_inputs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "data/support.hpp"
#include "hermes/core/error.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using testing::HasSubstr;

std::vector<std::uint64_t> rows_of(const data::RowSelection& selection) {
  std::vector<std::uint64_t> rows;
  for (const data::RowRange& range : selection.ranges) {
    for (std::uint64_t i = 0; i < range.count; ++i) {
      rows.push_back(range.first + i);
    }
  }
  return rows;
}

class EvaluationRowsTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(EvaluationRowsTest, are_evenly_spaced_validation_rows) {
  test::TestRun run;
  run.config.data.validation = 150;
  run.config.data.evaluation_rows = GetParam();
  const RunInputs inputs(run.config);
  const std::vector<std::uint64_t> all = rows_of(inputs.plan().validation());
  const std::vector<std::uint64_t> chosen = rows_of(inputs.evaluation_rows());
  const std::uint64_t count = std::min<std::uint64_t>(GetParam(), 150);
  ASSERT_EQ(all.size(), 150U);
  ASSERT_EQ(chosen.size(), count);
  for (std::uint64_t i = 0; i < count; ++i) {
    EXPECT_EQ(chosen[i], all[i * all.size() / count]);
  }
}

INSTANTIATE_TEST_SUITE_P(Counts, EvaluationRowsTest, testing::Values(1, 2, 7, 100, 149, 150, 9999));

TEST(RunInputsTest, same_configuration_gives_the_same_model_and_traits) {
  test::TestRun run;
  const RunInputs one(run.config);
  const RunInputs two(run.config);
  EXPECT_TRUE(std::ranges::equal(one.initial().values(), two.initial().values()));
  EXPECT_EQ(one.traits(), two.traits());
  run.config.seed = 2;
  const RunInputs other(run.config);
  EXPECT_FALSE(std::ranges::equal(one.initial().values(), other.initial().values()));
  EXPECT_NE(one.traits(), other.traits());
}

TEST(RunInputsTest, models_with_running_statistics_are_not_sent_in_eight_bits_unasked) {
  test::TestRun run;
  run.config.strategy.type = StrategyKind::Timebox;
  EXPECT_EQ(RunInputs(run.config).config().payload_up(), wire::PayloadEncoding::Int8);
  run.directory.write("model.toml", test::kNormalisedModel);
  EXPECT_EQ(RunInputs(run.config).config().payload_up(), wire::PayloadEncoding::Fp16);
  EXPECT_EQ(RunInputs(run.config).config().payload_down(), wire::PayloadEncoding::Fp16);
  run.config.strategy.type = StrategyKind::Asp;
  EXPECT_EQ(RunInputs(run.config).config().payload_up(), wire::PayloadEncoding::Fp32);
}

TEST(RunInputsTest, validation_rows_follow_the_seed_of_the_run_or_their_own) {
  test::TestRun run;
  const auto chosen = [&run](std::uint64_t seed, std::uint64_t validation_seed) {
    run.config.seed = seed;
    run.config.data.validation_seed = validation_seed;
    return rows_of(RunInputs(run.config).plan().validation());
  };
  EXPECT_NE(chosen(1, 0), chosen(2, 0));
  EXPECT_EQ(chosen(1, 2), chosen(2, 0));
  EXPECT_EQ(chosen(1, 7), chosen(2, 7));
}

TEST(RunInputsTest, traits_tell_data_sets_of_other_sizes_apart) {
  const test::TestRun run(500);
  test::TestRun other(501);
  other.config.model_file = run.config.model_file;
  EXPECT_NE(RunInputs(run.config).traits(), RunInputs(other.config).traits());
}

TEST(RunInputsTest, traits_tell_data_sets_of_one_size_apart) {
  const test::TestRun run(500);
  test::TestRun other(500);
  other.config.model_file = run.config.model_file;
  EXPECT_EQ(RunInputs(run.config).traits(), RunInputs(other.config).traits());
  data::test::H5Builder(other.config.data.file)
      .put("train/x", {500, 8}, data::test::counting_floats(4000))
      .put("train/y", {500}, data::test::cyclic_labels<int>(500, 3))
      .put("test/x", {100, 8}, data::test::counting_floats(800))
      .put("test/y", {100}, data::test::cyclic_labels<int>(100, 3));
  EXPECT_NE(RunInputs(run.config).traits(), RunInputs(other.config).traits());
}

TEST(RunInputsTest, a_small_data_set_keeps_half_of_its_rows_for_training) {
  test::TestRun run(500);
  run.config.data.validation.reset();
  const RunInputs inputs(run.config);
  EXPECT_EQ(inputs.plan().training_count(), 250U);
}

TEST(RunInputsTest, model_that_does_not_fit_the_data_is_an_error_with_both_shapes) {
  const test::TestRun run;
  run.directory.write("model.toml", test::linear_model(20));
  try {
    const RunInputs inputs(run.config);
    FAIL() << "expected an error";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()),
              "model 'linear' does not fit the data: the model takes 20 "
              "features, " +
                  run.config.data.file.string() + " has 8 features");
  }
}

TEST(RunInputsTest, plain_features_are_not_an_image_of_the_same_size) {
  nn::NetworkSpec model;
  model.name = "m";
  model.input = nn::Shape::image(3, 32, 32);
  data::DatasetInfo data;
  data.path = "d.h5";
  data.features = {3, 32, 32, false};
  EXPECT_NO_THROW(check_shapes(model, data));
  for (const data::FeatureShape& wrong :
       {data::FeatureShape{3072, 1, 1, true}, data::FeatureShape{1, 32, 32, false},
        data::FeatureShape{3, 32, 31, false}}) {
    data.features = wrong;
    try {
      check_shapes(model, data);
      ADD_FAILURE() << "expected an error";
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr("the model takes 3x32x32, d.h5 has "));
    }
  }
}

TEST(RunInputsTest, numbers_want_mse_an_output_each_and_nothing_that_asks_for_labels) {
  const test::NumbersRun run;
  const std::string file = run.config.data.file.string();
  const auto complaint = [](const RunConfig& config) -> std::string {
    try {
      const RunInputs inputs(config);
      return "none";
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(complaint(run.config), "none");
  RunConfig config = run.config;
  config.train.loss = LossKind::CrossEntropy;
  EXPECT_EQ(complaint(config),
            "loss: expected mse, as y of " + file + " holds numbers, found cross_entropy");
  config = run.config;
  config.data.partition = protocol::PartitionKind::ByLabel;
  EXPECT_EQ(complaint(config), "key 'data.partition': expected 'shared' or 'disjoint', as y of " +
                                   file + " holds numbers, found 'by_label'");
  config = run.config;
  config.stop.server.target_accuracy = 0.9;
  EXPECT_EQ(complaint(config), "key 'stop.target_accuracy': expected 0, as y of " + file +
                                   " holds numbers, found 0.9");
  config = run.config;
  config.model_file = run.directory.write("three.toml",
                                          "name = \"three\"\ninput = [2]\n"
                                          "[[layer]]\ntype = \"dense\"\nunits = 3\n");
  EXPECT_EQ(complaint(config),
            "model 'three' does not fit the data: the model has 3 outputs, a row of y of " + file +
                " has 2 numbers");
}

TEST(RunInputsTest, only_pictures_can_be_flipped_and_cropped_and_not_by_more_than_they_have) {
  const auto complaint = [](RunConfig config, const data::Augmentation& augment) -> std::string {
    config.train.augment = augment;
    try {
      const RunInputs inputs(config);
      return "none";
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  const test::TestRun features;
  const std::string has = ", as " + features.config.data.file.string() + " has 8 features";
  EXPECT_EQ(complaint(features.config, {true, 0}),
            "key 'train.augment.flip': expected false" + has);
  EXPECT_EQ(complaint(features.config, {false, 2}),
            "key 'train.augment.crop_padding': expected 0" + has);
  const test::PictureRun pictures;
  EXPECT_EQ(complaint(pictures.config, {true, 1}), "none");
  EXPECT_EQ(complaint(pictures.config, {true, 2}),
            "key 'train.augment.crop_padding': expected less than 2, as " +
                pictures.config.data.file.string() + " has 1x2x4");
}

TEST(RunInputsTest, private_pools_need_a_row_for_each_worker) {
  test::TestRun run;
  const auto rows = static_cast<std::uint32_t>(RunInputs(run.config).plan().training_count());
  for (const bool is_private : {false, true}) {
    run.config.data.partition =
        is_private ? protocol::PartitionKind::Disjoint : protocol::PartitionKind::Shared;
    const RunInputs inputs(run.config);
    EXPECT_NO_THROW(inputs.check_workers(rows));
    if (is_private) {
      EXPECT_THROW(inputs.check_workers(rows + 1), ConfigError);
    } else {
      EXPECT_NO_THROW(inputs.check_workers(rows + 1));
    }
  }
}

TEST(RunInputsTest, label_pools_need_a_row_for_each_piece) {
  test::TestRun run(500);  // 400 train
  run.config.data.partition = protocol::PartitionKind::ByLabel;
  run.config.data.labels_per_worker = 4;
  const RunInputs inputs(run.config);
  EXPECT_NO_THROW(inputs.check_workers(100));
  EXPECT_THROW(inputs.check_workers(101), ConfigError);
}

TEST(RunInputsTest, missing_files_are_errors_that_name_them) {
  test::TestRun run;
  run.config.data.file = run.directory.path() / "nowhere.h5";
  EXPECT_THROW(RunInputs{run.config}, DataError);
  run.config.model_file = run.directory.path() / "nowhere.toml";
  EXPECT_THROW(RunInputs{run.config}, ConfigError);
}

}  // namespace
}  // namespace hermes::runtime
