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

TEST(OptimizerTest, exempt_tensors_move_as_without_decay_and_the_others_as_with_it) {
  const auto tensor = [](std::size_t offset, std::size_t size) {
    ParameterTensor made;
    made.shape = {size};
    made.extents = {size, 1, 1, 1};
    made.offset = offset;
    return made;
  };
  const std::vector<ParameterTensor> exempt{tensor(0, 3), tensor(20, 7), tensor(27, 1),
                                            tensor(49, 1)};
  const std::pair<OptimizerSpec, OptimizerSpec> cases[] = {
      {SgdSpec{0.0, false, 0.1}, SgdSpec{}},
      {SgdSpec{0.9, true, 0.1}, SgdSpec{0.9, true}},
      {AdamSpec{0.9, 0.999, 1e-8, 0.1}, AdamSpec{}},
      {AdamwSpec{0.9, 0.999, 1e-8, 0.5}, AdamwSpec{0.9, 0.999, 1e-8, 0.0}}};
  for (const auto& [decaying, plain] : cases) {
    std::vector<float> with = testing::random_values(50, 99);
    std::vector<float> without = with;
    std::vector<float> mixed = with;
    run(*make_optimizer(decaying, 50), with, 0, 5);
    run(*make_optimizer(plain, 50), without, 0, 5);
    const std::unique_ptr<Optimizer> optimizer = make_optimizer(decaying, 50);
    optimizer->exempt_from_decay(exempt);
    run(*optimizer, mixed, 0, 5);
    for (std::size_t i = 0; i < mixed.size(); ++i) {
      const bool is_exempt = i < 3 || (i >= 20 && i < 28) || i == 49;
      EXPECT_EQ(mixed[i], is_exempt ? without[i] : with[i]) << type_name(decaying) << ' ' << i;
      EXPECT_NE(with[i], without[i]);
    }
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
