// HermesGUP, the gate of the Hermes paper (ALGORITHMS section 1.1).
#include "hermes/protocol/gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "hermes/core/random.hpp"

namespace hermes::protocol {
namespace {

const RandomStream kCoin(1, RandomPurpose::Gate);

/// The round (from 1) of the first push over these losses.
std::optional<int> first_push(Gate& gate, const std::vector<double>& losses) {
  for (std::size_t i = 0; i < losses.size(); ++i) {
    if (gate.decide(losses[i]).push) {
      return static_cast<int>(i) + 1;
    }
  }
  return std::nullopt;
}

TEST(GateTest, first_loss_has_no_score) {
  Gate gate({.alpha = 100.0}, kCoin);
  const Gate::Decision decision = gate.decide(5.0);
  EXPECT_FALSE(decision.push);
  EXPECT_EQ(decision.reading.z, 0.0);
  EXPECT_EQ(decision.reading.mean, 5.0);
  EXPECT_EQ(decision.reading.silent, 1U);
}

TEST(GateTest, two_losses_score_exactly_one) {
  for (const double drop : {1e-3, 1.0, 1e6}) {
    Gate gate(GateConfig{}, kCoin);
    gate.decide(2.0);
    EXPECT_NEAR(gate.decide(2.0 - drop).reading.z, -1.0, 1e-9);
  }
}

TEST(GateTest, score_never_exceeds_root_of_window_less_one) {
  RandomStream random(1, RandomPurpose::Test);
  Gate gate({.alpha = -100.0, .window = 10}, kCoin);
  for (std::size_t round = 1; round <= 2000; ++round) {
    const double n = static_cast<double>(std::min<std::size_t>(round, 10));
    const double z = gate.decide(std::exp(8.0 * random.normal())).reading.z;
    EXPECT_LE(std::abs(z), std::sqrt(n - 1.0) * (1.0 + 1e-9)) << "round " << round;
  }
  for (int i = 0; i < 9; ++i) {
    gate.decide(1.0);
  }
  EXPECT_NEAR(gate.decide(0.0).reading.z, -3.0, 1e-9);  // the bound is reached
}

TEST(GateTest, default_threshold_lets_nothing_pass_before_the_third_round_after_a_clear) {
  Gate gate(GateConfig{}, kCoin);
  const std::vector<double> falling{10.0, 9.99, 1.0};
  EXPECT_EQ(first_push(gate, falling), 3);
  EXPECT_EQ(first_push(gate, falling), 3);
}

TEST(GateTest, after_three_decays_any_drop_in_the_second_round_passes) {
  // Losses that rise keep the gate silent: lambda = 5 silent rounds bring the first decay.
  Gate gate(GateConfig{}, kCoin);
  double loss = 1.0;
  for (int round = 1; round <= 7; ++round) {
    EXPECT_FALSE(gate.decide(loss += 1.0).push);
  }
  const Gate::Decision push = gate.decide(-100.0);
  ASSERT_TRUE(push.push);
  EXPECT_NEAR(push.reading.threshold, -1.3 * 0.9 * 0.9 * 0.9, 1e-12);  // rounds 5, 6, 7
  EXPECT_EQ(push.reading.silent, 8U);
  gate.decide(1.0);
  EXPECT_TRUE(gate.decide(1.0 - 1e-6).push);
}

TEST(GateTest, decay_begins_with_round_lambda_and_never_changes_the_sign) {
  Gate gate({.alpha = -1.0, .beta = 0.5, .lambda = 3}, kCoin);
  const double expected[] = {-1.0, -1.0, -1.0, -0.5, -0.25, -0.125};
  double loss = 0.0;
  for (const double threshold : expected) {
    EXPECT_EQ(gate.decide(loss += 1.0).reading.threshold, threshold);
  }
  for (int i = 0; i < 2000; ++i) {
    EXPECT_LE(gate.decide(loss += 1.0).reading.threshold, 0.0);
  }
}

TEST(GateTest, equal_losses_have_score_zero_at_every_scale) {
  for (const double loss : {0.0, 0.1, 0.3, 2.3, 1e4 / 3.0, 1e9 / 7.0, 1e-9}) {
    Gate gate({.alpha = -0.1}, kCoin);
    for (int round = 0; round < 30; ++round) {
      const Gate::Decision decision = gate.decide(loss);
      EXPECT_EQ(decision.reading.z, 0.0) << loss;
      EXPECT_FALSE(decision.push) << loss;
    }
  }
}

TEST(GateTest, what_a_push_forgets) {
  struct Case {
    bool clear_window;
    bool reset_threshold;
  };
  for (const Case c :
       {Case{true, false}, Case{false, false}, Case{true, true}, Case{false, true}}) {
    Gate gate({.lambda = 1, .clear_window = c.clear_window, .reset_threshold = c.reset_threshold},
              kCoin);
    gate.decide(1.0);
    gate.decide(1.5);
    gate.decide(1.2);
    const Gate::Decision push = gate.decide(-9.0);
    ASSERT_TRUE(push.push);
    ASSERT_GT(push.reading.threshold, -1.0);
    const GateReading next = gate.decide(1.0).reading;
    EXPECT_EQ(next.silent, 1U);
    EXPECT_EQ(next.sigma == 0.0, c.clear_window);
    EXPECT_EQ(next.threshold, c.reset_threshold ? -1.3 : push.reading.threshold);
  }
}

TEST(GateTest, an_infinite_alpha_lets_every_round_pass) {
  for (const bool clear_window : {true, false}) {
    Gate gate({.alpha = std::numeric_limits<double>::infinity(), .clear_window = clear_window},
              kCoin);
    for (const double loss : {1.0, 2.0, 2.0, 9.0, 0.5}) {
      EXPECT_TRUE(gate.decide(loss).push);
    }
  }
}

TEST(GateTest, silence_ends_with_max_silent) {
  Gate gate({.max_silent = 4, .alpha = -100.0}, kCoin);
  for (int push = 0; push < 3; ++push) {
    for (int round = 1; round < 4; ++round) {
      EXPECT_FALSE(gate.decide(1.0).push);
    }
    const Gate::Decision decision = gate.decide(1.0);
    EXPECT_TRUE(decision.push);
    EXPECT_EQ(decision.reading.cause, GateCause::Silence);
  }
}

TEST(GateTest, period_pushes_every_so_many_rounds_whatever_the_loss) {
  Gate gate({.kind = GateKind::Period, .push_period = 3}, kCoin);
  std::vector<bool> pushes;
  for (int round = 0; round < 9; ++round) {
    pushes.push_back(gate.decide(10.0 - round).push);
  }
  EXPECT_EQ(pushes,
            (std::vector<bool>{false, false, true, false, false, true, false, false, true}));
}

TEST(GateTest, coin_pushes_at_its_rate_and_by_its_stream) {
  const GateConfig config{.kind = GateKind::Coin, .push_probability = 0.3};
  Gate gate(config, kCoin);
  Gate same(config, kCoin);
  Gate other(config, RandomStream(1, RandomPurpose::Gate, 7));
  int pushes = 0;
  int differences = 0;
  for (int round = 0; round < 10000; ++round) {
    const bool push = gate.decide(1.0).push;
    EXPECT_EQ(push, same.decide(5.0 - round).push);
    differences += push == other.decide(1.0).push ? 0 : 1;
    pushes += push ? 1 : 0;
  }
  EXPECT_NEAR(pushes, 3000, 4 * std::sqrt(10000 * 0.3 * 0.7));
  EXPECT_GT(differences, 1000);
}

/// Section 1.1 line by line, with no thought of speed.
class SlowGate {
 public:
  explicit SlowGate(const GateConfig& config) : config_(config), threshold_(config.alpha) {}

  bool decide(double loss) {
    losses_.push_back(loss);
    const std::size_t n = std::min<std::size_t>(losses_.size(), config_.window);
    const std::vector<double> window(losses_.end() - static_cast<std::ptrdiff_t>(n), losses_.end());
    long double sum = 0.0L;
    for (const double value : window) {
      sum += value;
    }
    const long double mean = sum / static_cast<long double>(n);
    long double squares = 0.0L;
    for (const double value : window) {
      squares += (value - mean) * (value - mean);
    }
    const long double sigma = std::sqrt(squares / static_cast<long double>(n));
    z = sigma < 1e-12L ? 0.0 : static_cast<double>((loss - mean) / sigma);
    const bool is_due = config_.max_silent > 0 && silent_ + 1 == config_.max_silent;
    if ((n >= 2 && z <= threshold_) || is_due) {
      silent_ = 0;
      losses_ = config_.clear_window ? std::vector<double>{} : window;
      threshold_ = config_.reset_threshold ? config_.alpha : threshold_;
      return true;
    }
    if (++silent_ >= config_.lambda) {
      threshold_ = std::min(0.0, threshold_ * (1.0 - config_.beta));
    }
    return false;
  }
  double z = 0.0;

 private:
  GateConfig config_;
  double threshold_;
  std::vector<double> losses_;
  std::uint32_t silent_ = 0;
};

TEST(GateTest, agrees_with_the_slow_version_on_random_losses) {
  RandomStream random(2, RandomPurpose::Test);
  int pushes = 0;
  for (int run = 0; run < 300; ++run) {
    GateConfig config;
    config.max_silent = static_cast<std::uint32_t>(random.below(3) * random.below(8));
    config.alpha = -2.0 * random.uniform();
    config.beta = random.uniform();
    config.lambda = static_cast<std::uint32_t>(1 + random.below(6));
    config.window = static_cast<std::uint32_t>(2 + random.below(12));
    config.clear_window = random.uniform() < 0.5;
    config.reset_threshold = random.uniform() < 0.5;
    Gate gate(config, kCoin);
    SlowGate slow(config);
    for (int round = 0; round < 100; ++round) {
      const double loss = std::exp(-0.02 * round) + 0.2 * random.normal();
      const Gate::Decision decision = gate.decide(loss);
      ASSERT_EQ(decision.push, slow.decide(loss)) << "run " << run << ", round " << round;
      ASSERT_NEAR(decision.reading.z, slow.z, 1e-6);
      pushes += decision.push ? 1 : 0;
    }
  }
  EXPECT_GT(pushes, 1000);
}

}  // namespace
}  // namespace hermes::protocol
