#include "hermes/nn/losses/cross_entropy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "nn/support/gradient_check.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

TEST(CrossEntropyTest, gradient_matches_central_differences) {
  for (const double smoothing : {0.0, 0.1, 1.0}) {
    for (const std::size_t batch : {1U, 3U, 16U}) {
      for (const std::size_t classes : {2U, 10U}) {
        const CrossEntropy loss{smoothing};
        std::vector<float> outputs = testing::random_values(batch * classes, 1);
        const std::vector<std::int32_t> labels = testing::random_labels(batch, classes, 2);
        std::vector<float> gradient(outputs.size());
        loss.evaluate(outputs, labels, gradient);
        testing::expect_gradients_match(
            "cross_entropy", outputs, gradient,
            [&] { return loss.evaluate(outputs, labels, {}).mean_loss; }, {0.01F, 1e-5});
      }
    }
  }
}

TEST(CrossEntropyTest, smoothing_mixes_in_the_mean_loss_of_all_labels) {
  constexpr double kSmoothing = 0.3;
  const std::vector<float> outputs{1.0F, 2.0F, 0.5F, -4.0F};
  double mean_of_all = 0.0;
  for (std::int32_t label = 0; label < 4; ++label) {
    mean_of_all +=
        CrossEntropy{}.evaluate(outputs, std::vector<std::int32_t>{label}, {}).mean_loss / 4.0;
  }
  const std::vector<std::int32_t> label{1};
  const double plain = CrossEntropy{}.evaluate(outputs, label, {}).mean_loss;
  const LossResult smooth = CrossEntropy{kSmoothing}.evaluate(outputs, label, {});
  EXPECT_NEAR(smooth.mean_loss, (1.0 - kSmoothing) * plain + kSmoothing * mean_of_all, 1e-7);
  EXPECT_EQ(smooth.correct, 1U);
}

TEST(CrossEntropyTest, equals_the_formula_and_counts_correct_predictions) {
  const std::vector<float> outputs{1.0F, 2.0F, 0.5F, 3.0F, -1.0F, 0.0F};
  const std::vector<std::int32_t> labels{1, 2};
  const LossResult result = CrossEntropy{}.evaluate(outputs, labels, {});
  const double first = -2.0 + std::log(std::exp(1.0) + std::exp(2.0) + std::exp(0.5));
  const double second = -0.0 + std::log(std::exp(3.0) + std::exp(-1.0) + std::exp(0.0));
  EXPECT_NEAR(result.mean_loss, (first + second) / 2.0, 1e-12);
  EXPECT_EQ(result.correct, 1U);
}

TEST(CrossEntropyTest, equal_outputs_cost_the_logarithm_of_the_classes) {
  const std::vector<float> outputs(20, 0.7F);
  EXPECT_NEAR(CrossEntropy{}.evaluate(outputs, std::vector<std::int32_t>{3, 9}, {}).mean_loss,
              std::log(10.0), 1e-7);
}

TEST(CrossEntropyTest, huge_outputs_neither_overflow_nor_vanish) {
  const std::vector<float> outputs{1e30F, -1e30F, 0.0F, -3e38F, 3e38F, 0.0F};
  const std::vector<std::int32_t> labels{0, 2};
  std::vector<float> gradient(outputs.size());
  const LossResult result = CrossEntropy{}.evaluate(outputs, labels, gradient);
  const auto largest = static_cast<double>(3e38F);
  EXPECT_DOUBLE_EQ(result.mean_loss, largest / 2.0);
  EXPECT_EQ(gradient, (std::vector<float>{0.0F, 0.0F, 0.0F, 0.0F, 0.5F, -0.5F}));
}

TEST(CrossEntropyTest, nan_outputs_give_a_nan_loss) {
  const std::vector<float> outputs{1.0F, std::nanf(""), 0.0F};
  EXPECT_TRUE(
      std::isnan(CrossEntropy{}.evaluate(outputs, std::vector<std::int32_t>{0}, {}).mean_loss));
}

TEST(CrossEntropyDeathTest, a_label_that_is_no_class_is_a_bug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the matrix library has threads
  const std::vector<float> outputs(3);
  EXPECT_DEATH(CrossEntropy{}.evaluate(outputs, std::vector<std::int32_t>{3}, {}), "no class");
  EXPECT_DEATH(CrossEntropy{}.evaluate(outputs, std::vector<std::int32_t>{-1}, {}), "no class");
}

}  // namespace
}  // namespace hermes::nn
