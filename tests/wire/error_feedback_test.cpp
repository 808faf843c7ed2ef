#include "hermes/wire/error_feedback.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "hermes/core/int8_blocks.hpp"
#include "hermes/core/random.hpp"

namespace hermes::wire {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

std::vector<float> through_bytes(const std::vector<float>& values) {
  std::vector<float> scales(int8_block_count(values.size()));
  std::vector<std::int8_t> numbers(values.size());
  std::vector<float> arrived(values.size());
  to_int8_blocks(values, scales, numbers);
  from_int8_blocks(scales, numbers, arrived);
  return arrived;
}

/// The definition: sort all values, the largest first, equal ones in their order; keep k.
class SlowErrorFeedback {
 public:
  SlowErrorFeedback(std::size_t count, std::size_t kept_count)
      : kept_count_(kept_count), residual_(count) {}

  void sparsify(std::vector<float>& delta) {
    for (std::size_t i = 0; i < delta.size(); ++i) {
      delta[i] += residual_[i];
    }
    std::vector<std::size_t> order(delta.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::abs(delta[a]) > std::abs(delta[b]);
    });
    residual_.assign(delta.size(), 0.0F);
    for (std::size_t place = kept_count_; place < order.size(); ++place) {
      std::swap(residual_[order[place]], delta[order[place]]);
    }
  }

  const std::vector<float>& residual() const { return residual_; }

 private:
  std::size_t kept_count_;
  std::vector<float> residual_;
};

TEST(ErrorFeedbackTest, sends_and_keeps_what_a_full_sort_would) {
  RandomStream random(1, RandomPurpose::Test);
  for (int run = 0; run < 300; ++run) {
    const std::size_t count = 1 + random.below(60);
    ErrorFeedback feedback(count, 1.0 - random.uniform());
    SlowErrorFeedback slow(count, feedback.kept_count());
    const bool has_ties = random.below(2) == 0;
    for (int round = 0; round < 10; ++round) {
      std::vector<float> delta(count);
      for (float& value : delta) {
        value = has_ties ? static_cast<float>(random.below(5)) - 2.0F
                         : static_cast<float>(random.normal());
      }
      std::vector<float> expected = delta;
      slow.sparsify(expected);
      feedback.reduce(delta);
      ASSERT_EQ(delta, expected);
      ASSERT_TRUE(std::ranges::equal(feedback.residual(), slow.residual()));
    }
  }
}

TEST(ErrorFeedbackTest, nothing_is_lost) {
  RandomStream random(2, RandomPurpose::Test);
  ErrorFeedback feedback(1000, 0.01);
  for (int round = 0; round < 50; ++round) {
    std::vector<float> delta(1000);
    for (float& value : delta) {
      value = static_cast<float>(random.normal());
    }
    std::vector<float> before(feedback.residual().begin(), feedback.residual().end());
    for (std::size_t i = 0; i < delta.size(); ++i) {
      before[i] += delta[i];
    }
    feedback.reduce(delta);
    for (std::size_t i = 0; i < delta.size(); ++i) {
      ASSERT_EQ(delta[i] + feedback.residual()[i], before[i]);
    }
    EXPECT_EQ(std::ranges::count_if(delta, [](float value) { return value != 0.0F; }), 10);
  }
}

TEST(ErrorFeedbackTest, small_values_are_sent_when_they_have_added_up) {
  ErrorFeedback feedback(4, 0.25);
  std::vector<std::vector<float>> sent;
  for (int round = 0; round < 3; ++round) {
    sent.push_back({1.0F, 0.4F, 0.0F, 0.0F});
    feedback.reduce(sent.back());
  }
  EXPECT_THAT(sent[0], ElementsAre(1.0F, 0.0F, 0.0F, 0.0F));
  EXPECT_THAT(sent[1], ElementsAre(1.0F, 0.0F, 0.0F, 0.0F));
  EXPECT_THAT(sent[2], ElementsAre(0.0F, 0.4F + 0.4F + 0.4F, 0.0F, 0.0F));
  EXPECT_THAT(feedback.residual(), ElementsAre(1.0F, 0.0F, 0.0F, 0.0F));
}

TEST(ErrorFeedbackTest, the_first_of_equal_values_go) {
  ErrorFeedback feedback(6, 0.5);
  std::vector<float> delta{1.0F, -2.0F, 2.0F, -3.0F, 2.0F, -2.0F};
  feedback.reduce(delta);
  EXPECT_THAT(delta, ElementsAre(0.0F, -2.0F, 2.0F, -3.0F, 0.0F, 0.0F));
}

TEST(ErrorFeedbackTest, count_is_rounded_up_and_never_zero) {
  EXPECT_EQ(ErrorFeedback(1000, 0.01).kept_count(), 10U);
  EXPECT_EQ(ErrorFeedback(1001, 0.01).kept_count(), 11U);
  EXPECT_EQ(ErrorFeedback(3, 0.01).kept_count(), 1U);
  EXPECT_EQ(ErrorFeedback(3, 1e-300).kept_count(), 1U);
  EXPECT_EQ(ErrorFeedback(1, 1.0).kept_count(), 1U);
  EXPECT_EQ(ErrorFeedback(7, 1.0).kept_count(), 7U);
}

TEST(ErrorFeedbackTest, whole_fraction_sends_everything) {
  ErrorFeedback feedback(3, 1.0);
  std::vector<float> delta{0.0F, -1.0F, 1e-30F};
  feedback.reduce(delta);
  EXPECT_THAT(delta, ElementsAre(0.0F, -1.0F, 1e-30F));
  EXPECT_THAT(feedback.residual(), Each(0.0F));
}

TEST(ErrorFeedbackTest, what_is_not_finite_goes_out_whole_and_leaves_no_trace) {
  const float max = std::numeric_limits<float>::max();
  ErrorFeedback feedback(3, 0.3);
  std::vector<float> delta{max, max / 2.0F, 1.0F};
  feedback.reduce(delta);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          -std::numeric_limits<float>::infinity(), max}) {  // max: the sum is
    std::vector<float> broken{1.0F, bad, 1.0F};
    feedback.reduce(broken);
    EXPECT_FALSE(std::isfinite(broken[1]));
    EXPECT_EQ(broken[0], 1.0F);
    EXPECT_THAT(feedback.residual(), ElementsAre(0.0F, max / 2.0F, 1.0F));
  }
}

TEST(ErrorFeedbackTest, of_bytes_nothing_is_lost_and_what_goes_out_survives_the_wire) {
  RandomStream random(3, RandomPurpose::Test);
  for (const std::size_t count : {1U, 127U, 128U, 1000U, 1024U, 3000U}) {
    ErrorFeedback feedback(count);
    for (int round = 0; round < 20; ++round) {
      std::vector<float> delta(count);
      for (float& value : delta) {
        value = static_cast<float>(random.normal() * std::pow(10.0, -6.0 * random.uniform()));
      }
      std::vector<float> before(feedback.residual().begin(), feedback.residual().end());
      for (std::size_t i = 0; i < count; ++i) {
        before[i] += delta[i];
      }
      feedback.reduce(delta);
      ASSERT_EQ(through_bytes(delta), delta);
      ASSERT_EQ(through_bytes(before), delta);
      for (std::size_t i = 0; i < count; ++i) {
        // Not rounded: the sum of the two in double precision is the float that they came from.
        ASSERT_EQ(static_cast<double>(delta[i]) + static_cast<double>(feedback.residual()[i]),
                  static_cast<double>(before[i]));
      }
    }
  }
}

TEST(ErrorFeedbackTest, of_bytes_small_values_are_sent_when_they_have_added_up) {
  ErrorFeedback feedback(2);
  double sent = 0.0;
  for (int round = 0; round < 100; ++round) {
    std::vector<float> delta{127.0F, 0.125F};
    feedback.reduce(delta);
    EXPECT_EQ(delta[0], 127.0F);
    EXPECT_EQ(delta[1], std::round(delta[1]));
    sent += static_cast<double>(delta[1]);
  }
  EXPECT_EQ(sent + static_cast<double>(feedback.residual()[1]), 12.5);
  EXPECT_NEAR(sent, 12.5, 0.5);
}

TEST(ErrorFeedbackTest, of_bytes_what_they_cannot_hold_goes_out_whole_and_leaves_no_trace) {
  ErrorFeedback feedback(2);
  std::vector<float> delta{127.0F, 0.25F};
  feedback.reduce(delta);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          -std::numeric_limits<float>::infinity(), 0x1p127F}) {
    std::vector<float> broken{bad, 1.0F};
    feedback.reduce(broken);
    EXPECT_TRUE(std::isnan(through_bytes(broken)[0]));
    EXPECT_EQ(broken[1], 1.25F);
    EXPECT_THAT(feedback.residual(), ElementsAre(0.0F, 0.25F));
  }
}

TEST(ErrorFeedbackDeathTest, wrong_sizes_and_fractions_are_bugs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ErrorFeedback feedback(3, 0.5);
  std::vector<float> delta(4);
  EXPECT_DEATH(feedback.reduce(delta), "another size");
  EXPECT_DEATH(ErrorFeedback(3, 0.0), "fraction");
  EXPECT_DEATH(ErrorFeedback(3, 1.1), "fraction");
  EXPECT_DEATH(ErrorFeedback(0, 0.5), "fraction");
  EXPECT_DEATH(ErrorFeedback(0), "expected parameters");
}

}  // namespace
}  // namespace hermes::wire
