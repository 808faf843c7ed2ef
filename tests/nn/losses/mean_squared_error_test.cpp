#include "hermes/nn/losses/mean_squared_error.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "hermes/nn/loss.hpp"
#include "nn/support/gradient_check.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

TEST(MeanSquaredErrorTest, gradients_match_central_differences) {
  for (const std::size_t batch : {1U, 5U}) {
    std::vector<float> outputs = testing::random_values(batch * 4, 1);
    const std::vector<std::int32_t> labels = testing::random_labels(batch, 4, 2);
    const std::vector<float> targets = testing::random_values(batch * 4, 3);
    std::vector<float> gradient(outputs.size());
    const MeanSquaredError loss;
    loss.evaluate(outputs, labels, gradient);
    testing::expect_gradients_match("mse by labels", outputs, gradient,
                                    [&] { return loss.evaluate(outputs, labels, {}).mean_loss; },
                                    {0.01F, 1e-6});
    loss.evaluate(outputs, targets, gradient);
    testing::expect_gradients_match("mse by targets", outputs, gradient,
                                    [&] { return loss.evaluate(outputs, targets, {}).mean_loss; },
                                    {0.01F, 1e-6});
  }
}

TEST(MeanSquaredErrorTest, is_the_mean_over_all_elements) {
  const std::vector<float> outputs{1.0F, 2.0F, 3.0F, 5.0F};
  const std::vector<float> targets{0.0F, 2.0F, 5.0F, 2.0F};
  std::vector<float> gradient(4);
  const LossResult result = MeanSquaredError{}.evaluate(outputs, targets, gradient);
  EXPECT_DOUBLE_EQ(result.mean_loss, (1.0 + 0.0 + 4.0 + 9.0) / 4.0);
  EXPECT_EQ(gradient, (std::vector<float>{0.5F, 0.0F, -1.0F, 1.5F}));
}

TEST(MeanSquaredErrorTest, labels_are_one_hot_targets) {
  const std::vector<float> outputs{0.5F, 0.0F, 0.0F, 0.0F, 1.0F, 3.0F};
  const std::vector<std::int32_t> labels{0, 1};
  const std::vector<float> targets{1, 0, 0, 0, 1, 0};
  const LossResult by_labels = evaluate(LossSpec(MeanSquaredError{}), outputs, labels, {});
  EXPECT_DOUBLE_EQ(by_labels.mean_loss,
                   MeanSquaredError{}.evaluate(outputs, targets, {}).mean_loss);
  EXPECT_EQ(by_labels.correct, 1U);
}

}  // namespace
}  // namespace hermes::nn
