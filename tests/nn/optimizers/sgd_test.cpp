#include "hermes/nn/optimizers/sgd.hpp"

#include <gtest/gtest.h>

#include "hermes/core/error.hpp"
#include "nn/support/reference_optimizer.hpp"

namespace hermes::nn {
namespace {

using testing::ReferenceParameter;

TEST(SgdTest, follows_its_definition_with_every_combination) {
  for (const double momentum : {0.0, 0.9}) {
    for (const double decay : {0.0, 0.1}) {
      for (const bool nesterov : {false, true}) {
        if (nesterov && momentum == 0.0) {
          continue;
        }
        testing::expect_follows_reference(
            SgdSpec{momentum, nesterov, decay},
            [&](ReferenceParameter& p, double gradient, double rate, int step) {
              const double g = gradient + decay * p.w;
              p.m = step == 1 ? g : momentum * p.m + g;
              p.w -= rate * (nesterov ? g + momentum * p.m : p.m);
            });
      }
    }
  }
}

TEST(SgdTest, remembers_nothing_without_momentum) {
  EXPECT_EQ(make_optimizer(SgdSpec{}, 10)->state().size(), 0U);
  EXPECT_EQ(make_optimizer(SgdSpec{0.5}, 10)->state().size(), 10U);
}

TEST(SgdTest, refuses_fields_out_of_range) {
  EXPECT_THROW(make_optimizer(SgdSpec{1.0}, 1), ConfigError);
  EXPECT_THROW(make_optimizer(SgdSpec{-0.1}, 1), ConfigError);
  EXPECT_THROW(make_optimizer(SgdSpec{0.0, true}, 1), ConfigError);
  EXPECT_THROW(make_optimizer(SgdSpec{0.9, false, -1.0}, 1), ConfigError);
}

}  // namespace
}  // namespace hermes::nn
