// A training step must not allocate: every operator new of this program is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "hermes/nn/loss.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/nn/optimizer_spec.hpp"
#include "nn/support/models.hpp"

namespace {

std::atomic<std::size_t> allocation_count{0};
std::atomic<std::size_t> aligned_bytes{0};  // of buffers; bookkeeping asks for no alignment

void* counted_allocation(std::size_t size, std::size_t alignment) {
  allocation_count += 1;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded)) {
    return memory;
  }
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
  return counted_allocation(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  aligned_bytes += size;
  return counted_allocation(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace hermes::nn {
namespace {

constexpr std::size_t kBatch = 8;

std::vector<NetworkSpec> models() {
  NetworkSpec with_dropout = testing::cnn();
  with_dropout.layers.insert(with_dropout.layers.begin() + 3, DropoutSpec{0.2});
  return {testing::mlp(), testing::cnn(), testing::alexnet_s(), with_dropout};
}

TEST(NetworkAllocationTest, a_training_step_allocates_nothing) {
  const OptimizerSpec optimizers[] = {SgdSpec{0.9}, AdamSpec{}, AdamwSpec{}};
  for (const NetworkSpec& spec : models()) {
    for (const OptimizerSpec& optimizer_spec : optimizers) {
      Network network(spec, kBatch);
      const std::unique_ptr<Optimizer> optimizer =
          make_optimizer(optimizer_spec, network.parameter_count());
      const std::vector<float> x = testing::random_values(kBatch * network.input_size(), 1);
      const std::vector<std::int32_t> labels = testing::random_labels(kBatch, 10, 2);
      std::vector<float> gradient(kBatch * 10);
      const auto step = [&](std::size_t batch) {
        const std::span<const float> samples(x.data(), batch * network.input_size());
        const std::span<float> derivative(gradient.data(), batch * 10);
        evaluate(CrossEntropy{}, network.forward(samples, batch, Mode::Training),
                 std::span(labels).first(batch), derivative);
        network.backward(derivative);
        optimizer->step(network.parameters(), network.gradients(), 0.01);
        network.forward(samples, batch, Mode::Inference);
      };
      step(kBatch);
      const std::size_t before = allocation_count;
      step(kBatch);
      step(1);
      step(kBatch);
      EXPECT_EQ(allocation_count - before, 0U) << spec.name;
    }
  }
}

TEST(NetworkAllocationTest, memory_bytes_is_exactly_what_the_buffers_take) {
  for (const NetworkSpec& spec : models()) {
    for (const std::size_t batch : {1U, 16U}) {
      const std::size_t planned = Network::memory_bytes(spec, batch).total();
      const std::size_t before = aligned_bytes;
      const Network network(spec, batch);
      EXPECT_EQ(aligned_bytes - before, planned) << spec.name;
    }
  }
}

}  // namespace
}  // namespace hermes::nn
