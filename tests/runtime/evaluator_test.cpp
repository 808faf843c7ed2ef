#include "hermes/runtime/evaluator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

/// The shard's rows one by one, in double precision.
EvaluationResult plain_loop(nn::Network& network, const data::Shard& rows) {
  EvaluationResult result;
  std::vector<float> x(network.input_size());
  for (std::uint32_t row = 0; row < rows.row_count(); ++row) {
    std::int32_t label = -1;
    rows.fill_batch({&row, 1}, x, std::span(&label, 1));
    const std::span<const float> outputs = network.forward(x, 1, nn::Mode::Inference);
    double sum = 0.0;
    for (const float output : outputs) {
      sum += std::exp(static_cast<double>(output));
    }
    const auto of_label = static_cast<std::size_t>(label);
    result.loss += std::log(sum) - static_cast<double>(outputs[of_label]);
    const auto largest = std::max_element(outputs.begin(), outputs.end()) - outputs.begin();
    result.accuracy += largest == label ? 1.0 : 0.0;
  }
  result.loss /= rows.row_count();
  result.accuracy /= rows.row_count();
  return result;
}

class EvaluatorTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(EvaluatorTest, equals_a_plain_loop_over_all_rows) {
  const std::uint64_t count = GetParam();
  const test::TestRun run;
  const RunInputs inputs(run.config);
  data::Shard rows(inputs.dataset(), inputs.output_count());
  rows.load({data::Split::Train, {{3, count}}});
  nn::Network network(inputs.model(), Evaluator::kBatch);
  network.set_parameters(inputs.initial().values());
  Evaluator evaluator(network, nn::CrossEntropy{}, rows);
  const EvaluationResult expected = plain_loop(network, rows);
  const EvaluationResult whole = evaluator.run();
  EXPECT_NEAR(whole.loss, expected.loss, 1e-5);
  EXPECT_DOUBLE_EQ(whole.accuracy, expected.accuracy);
}

TEST_P(EvaluatorTest, slices_add_up_to_the_whole) {
  const std::uint64_t count = GetParam();
  const test::TestRun run;
  const RunInputs inputs(run.config);
  data::Shard rows(inputs.dataset(), inputs.output_count());
  rows.load({data::Split::Train, {{0, count}}});
  nn::Network network(inputs.model(), 2 * Evaluator::kBatch);
  network.set_parameters(inputs.initial().values());
  Evaluator evaluator(network, nn::CrossEntropy{}, rows);
  const EvaluationResult whole = evaluator.run();
  std::uint64_t slices = 1;
  evaluator.start();
  while (!evaluator.advance()) {
    ++slices;
  }
  EXPECT_EQ(slices, (count + Evaluator::kBatch - 1) / Evaluator::kBatch);
  EXPECT_EQ(evaluator.result().loss, whole.loss);
  EXPECT_EQ(evaluator.result().accuracy, whole.accuracy);
}

INSTANTIATE_TEST_SUITE_P(Rows, EvaluatorTest, testing::Values(1, 63, 64, 65, 128, 300));

TEST(EvaluatorSliceTest, a_slice_takes_few_rows_of_a_large_network) {
  struct Case {
    std::size_t units;  // 2 x 8 x units operations a row, and 2 x 3 x units
    std::uint32_t rows;
  };
  for (const auto& [units, rows] :
       {Case{1, 64}, Case{10'000, 64}, Case{50'000, 16}, Case{400'000, 2}, Case{3'000'000, 1}}) {
    const nn::NetworkSpec spec{.name = "wide",
                               .input = {8, 1, 1, true},
                               .initializer = {},
                               .layers = {nn::DenseSpec{units}, nn::DenseSpec{3}}};
    EXPECT_EQ(Evaluator::slice_rows(nn::Network(spec, 1)), rows) << units;
  }
}

TEST(EvaluatorSliceTest, slices_of_a_large_network_add_up_to_the_whole) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  data::Shard rows(inputs.dataset(), inputs.output_count());
  rows.load({data::Split::Train, {{0, 37}}});
  const nn::NetworkSpec spec{.name = "wide",
                             .input = inputs.model().input,
                             .initializer = {},
                             .layers = {nn::DenseSpec{50'000}, nn::DenseSpec{3}}};
  nn::Network network(spec, Evaluator::kBatch);
  RandomStream random(1, RandomPurpose::Test);
  for (float& value : network.parameters()) {
    value = static_cast<float>(0.01 * random.normal());
  }
  Evaluator evaluator(network, nn::CrossEntropy{}, rows);
  int slices = 1;
  evaluator.start();
  while (!evaluator.advance()) {
    ++slices;
  }
  EXPECT_EQ(slices, 3);  // 16, 16 and 5 rows
  const EvaluationResult expected = plain_loop(network, rows);
  EXPECT_NEAR(evaluator.result().loss, expected.loss, 1e-5);
  EXPECT_DOUBLE_EQ(evaluator.result().accuracy, expected.accuracy);
}

TEST(EvaluatorRestartTest, windows_of_whole_mini_batches_give_the_result_of_all_rows) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  data::Shard rows(inputs.dataset(), inputs.output_count());
  rows.load({data::Split::Train, {{0, 300}}});
  nn::Network network(inputs.model(), Evaluator::kBatch);
  network.set_parameters(inputs.initial().values());
  Evaluator evaluator(network, nn::CrossEntropy{}, rows);
  const EvaluationResult whole = evaluator.run();
  evaluator.start();
  for (std::uint64_t first = 0; first < 300; first += 128) {
    rows.load({data::Split::Train, {{first, std::min<std::uint64_t>(128, 300 - first)}}});
    while (!evaluator.advance()) {
    }
    evaluator.go_on();
  }
  EXPECT_EQ(evaluator.result().loss, whole.loss);
  EXPECT_EQ(evaluator.result().accuracy, whole.accuracy);
}

TEST(EvaluatorRestartTest, start_forgets_an_evaluation_half_done) {
  const test::TestRun run;
  const RunInputs inputs(run.config);
  data::Shard rows(inputs.dataset(), inputs.output_count());
  rows.load({data::Split::Train, {{0, 200}}});
  nn::Network network(inputs.model(), Evaluator::kBatch);
  network.set_parameters(inputs.initial().values());
  Evaluator evaluator(network, nn::CrossEntropy{}, rows);
  const EvaluationResult whole = evaluator.run();
  evaluator.start();
  EXPECT_FALSE(evaluator.advance());
  EXPECT_EQ(evaluator.run().loss, whole.loss);
}

}  // namespace
}  // namespace hermes::runtime
