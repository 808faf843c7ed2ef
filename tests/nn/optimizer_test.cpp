#include "hermes/nn/optimizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/nn/optimizer_spec.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

const OptimizerSpec kSpecs[] = {SgdSpec{}, SgdSpec{0.9, true, 0.01}, AdamSpec{}, AdamwSpec{}};

void run(Optimizer& optimizer, std::vector<float>& parameters, std::uint64_t from,
         std::uint64_t to) {
  for (std::uint64_t step = from; step < to; ++step) {
    optimizer.step(parameters, testing::random_values(parameters.size(), step), 0.01);
  }
}

TEST(OptimizerTest, resumes_bit_for_bit_from_state_and_step_count) {
  for (const OptimizerSpec& spec : kSpecs) {
    std::vector<float> parameters = testing::random_values(50, 99);
    const std::unique_ptr<Optimizer> whole = make_optimizer(spec, 50);
    run(*whole, parameters, 0, 5);
    std::vector<float> resumed_parameters = parameters;
    const std::unique_ptr<Optimizer> resumed = make_optimizer(spec, 50);
    resumed->restore(whole->state(), whole->step_count());
    run(*whole, parameters, 5, 10);
    run(*resumed, resumed_parameters, 5, 10);
    EXPECT_EQ(resumed_parameters, parameters) << type_name(spec);
    EXPECT_EQ(resumed->step_count(), 10U);
  }
}

TEST(OptimizerTest, reset_is_as_new) {
  for (const OptimizerSpec& spec : kSpecs) {
    const std::unique_ptr<Optimizer> used = make_optimizer(spec, 50);
    std::vector<float> scrap = testing::random_values(50, 98);
    run(*used, scrap, 0, 3);
    used->reset();
    std::vector<float> a = testing::random_values(50, 99);
    std::vector<float> b = a;
    run(*used, a, 0, 5);
    run(*make_optimizer(spec, 50), b, 0, 5);
    EXPECT_EQ(a, b) << type_name(spec);
  }
}

TEST(OptimizerTest, refuses_a_state_of_another_size) {
  const std::unique_ptr<Optimizer> optimizer = make_optimizer(AdamSpec{}, 5);
  try {
    optimizer->restore(std::vector<float>(9), 1);
    ADD_FAILURE() << "accepted";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "optimizer state: expected 10 values, found 9");
  }
}

}  // namespace
}  // namespace hermes::nn
