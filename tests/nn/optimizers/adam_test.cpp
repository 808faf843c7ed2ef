#include "hermes/nn/optimizers/adam.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "hermes/core/error.hpp"
#include "nn/support/reference_optimizer.hpp"

namespace hermes::nn {
namespace {

using testing::ReferenceParameter;

TEST(AdamTest, follows_its_definition) {
  for (const double decay : {0.0, 0.1}) {
    testing::expect_follows_reference(
        AdamSpec{0.8, 0.95, 1e-6, decay},
        [&](ReferenceParameter& p, double gradient, double rate, int step) {
          const double g = gradient + decay * p.w;
          p.m = 0.8 * p.m + 0.2 * g;
          p.v = 0.95 * p.v + 0.05 * g * g;
          const double m_hat = p.m / (1.0 - std::pow(0.8, step));
          const double v_hat = p.v / (1.0 - std::pow(0.95, step));
          p.w = p.w - rate * m_hat / (std::sqrt(v_hat) + 1e-6);
        });
  }
}

TEST(AdamTest, remembers_two_moments) {
  EXPECT_EQ(make_optimizer(AdamSpec{}, 10)->state().size(), 20U);
}

TEST(AdamTest, refuses_fields_out_of_range) {
  EXPECT_THROW(make_optimizer(AdamSpec{1.0}, 1), ConfigError);
  EXPECT_THROW(make_optimizer(AdamSpec{0.9, 1.0}, 1), ConfigError);
  EXPECT_THROW(make_optimizer(AdamSpec{0.9, 0.999, 0.0}, 1), ConfigError);
  EXPECT_THROW(make_optimizer(AdamSpec{0.9, 0.999, 1e-8, -1.0}, 1), ConfigError);
}

}  // namespace
}  // namespace hermes::nn
