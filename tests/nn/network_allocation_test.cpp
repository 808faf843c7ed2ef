// A training step must not allocate: every operator new of this program is counted.
#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "hermes/nn/loss.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/nn/optimizer_spec.hpp"
#include "nn/support/models.hpp"
#include "support/allocation_counter.hpp"

namespace hermes::nn {
namespace {

constexpr std::size_t kBatch = 8;

std::vector<NetworkSpec> models() {
  NetworkSpec with_dropout = testing::cnn();
  with_dropout.layers.insert(with_dropout.layers.begin() + 3, DropoutSpec{0.2});
  return {testing::mlp(), testing::cnn(), testing::alexnet_s(), testing::resnet8(), with_dropout};
}

TEST(NetworkAllocationTest, a_training_step_allocates_nothing) {
  const OptimizerSpec optimizers[] = {SgdSpec{0.9}, AdamSpec{}, AdamwSpec{}};
  for (const NetworkSpec& spec : models()) {
    for (const OptimizerSpec& optimizer_spec : optimizers) {
      Network network(spec, kBatch);
      const std::unique_ptr<Optimizer> optimizer =
          make_optimizer(optimizer_spec, network.trained_count());
      optimizer->exempt_from_decay(network.named_parameters().subspan(1, 1));
      const std::vector<float> x = testing::random_values(kBatch * network.input_size(), 1);
      const std::vector<std::int32_t> labels = testing::random_labels(kBatch, 10, 2);
      std::vector<float> gradient(kBatch * 10);
      const auto step = [&](std::size_t batch) {
        const std::span<const float> samples(x.data(), batch * network.input_size());
        const std::span<float> derivative(gradient.data(), batch * 10);
        evaluate(CrossEntropy{}, network.forward(samples, batch, Mode::Training),
                 std::span(labels).first(batch), derivative);
        network.backward(derivative);
        const std::size_t trained = network.trained_count();
        optimizer->step(network.parameters().first(trained), network.gradients().first(trained),
                        0.01);
        network.forward(samples, batch, Mode::Inference);
      };
      step(kBatch);
      const std::size_t before = hermes::testing::allocation_count();
      step(kBatch);
      step(1);
      step(kBatch);
      EXPECT_EQ(hermes::testing::allocation_count() - before, 0U) << spec.name;
    }
  }
}

TEST(NetworkAllocationTest, memory_bytes_is_exactly_what_the_buffers_take) {
  for (const NetworkSpec& spec : models()) {
    for (const std::size_t batch : {1U, 16U}) {
      const std::size_t planned = Network::memory_bytes(spec, batch).total();
      const std::size_t before = hermes::testing::aligned_bytes();
      const Network network(spec, batch);
      EXPECT_EQ(hermes::testing::aligned_bytes() - before, planned) << spec.name;
    }
  }
}

}  // namespace
}  // namespace hermes::nn
