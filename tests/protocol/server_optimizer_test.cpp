#include "hermes/protocol/server_optimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "hermes/core/random.hpp"

namespace hermes::protocol {
namespace {

/// One parameter in double precision, as the header writes it.
struct Scalar {
  ServerOptimizerConfig config;
  double w = 0.0;
  double m = 0.0;
  double v = 0.0;
  int steps = 0;

  void advance(double d) {
    ++steps;
    const double mu = config.momentum;
    switch (config.kind) {
      case ServerOptimizerKind::Sgd:
        w += config.learning_rate * d;
        break;
      case ServerOptimizerKind::Momentum:
        m = mu * m + d;
        w += config.learning_rate * m;
        break;
      case ServerOptimizerKind::Nesterov:
        m = mu * m + d;
        w += config.learning_rate * (d + mu * m);
        break;
      case ServerOptimizerKind::Adam:
        m = mu * m + (1.0 - mu) * d;
        v = config.beta2 * v + (1.0 - config.beta2) * d * d;
        w += config.learning_rate * (m / (1.0 - std::pow(mu, steps))) /
             (std::sqrt(v / (1.0 - std::pow(config.beta2, steps))) + config.epsilon);
        break;
    }
  }
};

constexpr ServerOptimizerKind kKinds[] = {ServerOptimizerKind::Sgd, ServerOptimizerKind::Momentum,
                                          ServerOptimizerKind::Nesterov, ServerOptimizerKind::Adam};

/// `steps` steps along the same delta from zero.
std::vector<double> path(const ServerOptimizerConfig& config, double delta, int steps) {
  ServerOptimizer optimizer(config);
  std::vector<float> model(1, 0.0F);
  std::vector<double> path;
  for (int i = 0; i < steps; ++i) {
    optimizer.begin(1);
    optimizer.advance(0, std::vector<double>{delta}, model, model);
    path.push_back(static_cast<double>(model[0]));
  }
  return path;
}

TEST(ServerOptimizerTest, agrees_with_the_scalar_loop_in_blocks_of_any_order) {
  constexpr std::size_t kSize = 10;
  constexpr std::size_t kCut = 3;
  for (const ServerOptimizerKind kind : kKinds) {
    const ServerOptimizerConfig config{.kind = kind, .learning_rate = 0.3, .momentum = 0.8};
    ServerOptimizer optimizer(config);
    std::vector<Scalar> expected(kSize, Scalar{.config = config});
    std::vector<float> model(kSize, 0.0F);
    RandomStream random(3, RandomPurpose::Test);
    for (int step = 0; step < 50; ++step) {
      std::vector<double> delta;
      for (std::size_t i = 0; i < kSize; ++i) {
        delta.push_back(random.normal());
        expected[i].advance(delta[i]);
      }
      optimizer.begin(kSize);
      const std::span<const double> d(delta);
      const std::span<float> w(model);
      optimizer.advance(kCut, d.subspan(kCut), w.subspan(kCut), w.subspan(kCut));
      optimizer.advance(0, d.first(kCut), w.first(kCut), w.first(kCut));
      for (std::size_t i = 0; i < kSize; ++i) {
        ASSERT_NEAR(static_cast<double>(model[i]), expected[i].w, 1e-4)
            << "kind " << static_cast<int>(kind) << " step " << step;
      }
    }
  }
}

TEST(ServerOptimizerTest, equal_deltas_add_up_as_geometric_series) {
  const double mu = 0.5;
  const int steps = 20;
  const auto config = [mu](ServerOptimizerKind kind) {
    return ServerOptimizerConfig{.kind = kind, .learning_rate = 0.1, .momentum = mu};
  };
  // m_t = (1 - mu^t) / (1 - mu)
  double sum_of_means = 0.0;
  for (int t = 1; t <= steps; ++t) {
    sum_of_means += (1.0 - std::pow(mu, t)) / (1.0 - mu);
  }
  EXPECT_NEAR(path(config(ServerOptimizerKind::Sgd), 2.0, steps).back(), 0.1 * 2.0 * steps, 1e-5);
  EXPECT_NEAR(path(config(ServerOptimizerKind::Momentum), 2.0, steps).back(),
              0.1 * 2.0 * sum_of_means, 1e-5);
  EXPECT_NEAR(path(config(ServerOptimizerKind::Nesterov), 2.0, steps).back(),
              0.1 * 2.0 * (steps + mu * sum_of_means), 1e-5);
}

TEST(ServerOptimizerTest, adam_goes_the_learning_rate_a_step_whatever_the_size_of_the_delta) {
  for (const double delta : {1e-2, 1.0, -100.0}) {
    const ServerOptimizerConfig config{
        .kind = ServerOptimizerKind::Adam, .learning_rate = 0.1, .epsilon = 1e-9};
    const std::vector<double> way = path(config, delta, 30);
    for (std::size_t i = 0; i < way.size(); ++i) {
      EXPECT_NEAR(way[i], std::copysign(0.1 * static_cast<double>(i + 1), delta), 1e-4);
    }
  }
}

TEST(ServerOptimizerTest, adam_stands_still_where_nothing_was_learned) {
  EXPECT_EQ(path({.kind = ServerOptimizerKind::Adam, .learning_rate = 1.0}, 0.0, 5).back(), 0.0);
}

TEST(ServerOptimizerTest, momentum_of_zero_is_sgd) {
  for (const ServerOptimizerKind kind :
       {ServerOptimizerKind::Momentum, ServerOptimizerKind::Nesterov}) {
    const ServerOptimizerConfig config{.kind = kind, .learning_rate = 0.3, .momentum = 0.0};
    EXPECT_EQ(path(config, 0.7, 10), path({.learning_rate = 0.3}, 0.7, 10));
  }
}

TEST(ServerOptimizerTest, only_sgd_with_a_rate_of_one_is_plain) {
  EXPECT_TRUE(ServerOptimizer({}).is_plain());
  EXPECT_FALSE(ServerOptimizer({.learning_rate = 0.5}).is_plain());
  EXPECT_FALSE(ServerOptimizer({.kind = ServerOptimizerKind::Momentum}).is_plain());
}

}  // namespace
}  // namespace hermes::protocol
