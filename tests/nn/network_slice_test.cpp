#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "hermes/nn/network.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

// A large batch goes through a network in slices. Batches of at most 16 do not.
constexpr std::size_t kWhole = 16;

/// Wide images and few weights; a convolution of each kind, pooling that remembers, in-place
/// layers.
NetworkSpec wide_network() {
  return {"wide",
          Shape::image(1, 32, 32),
          {},
          {Conv2dSpec{16, 5, 1, Conv2dPadding::same()}, ReluSpec{}, MaxPool2dSpec{2, std::nullopt},
           Conv2dSpec{16, 3, 1, Conv2dPadding::same()}, ReluSpec{}, TanhSpec{}, FlattenSpec{},
           DenseSpec{8}, ReluSpec{}, DenseSpec{4}}};
}

TEST(NetworkSliceTest, a_large_batch_gives_the_sum_of_its_parts) {
  constexpr std::size_t kBatch = 3 * kWhole + 5;
  Network network(wide_network(), kBatch);
  Network small(wide_network(), kWhole);
  ASSERT_LT(Network::memory_bytes(wide_network(), kBatch).workspace,
            2 * Network::memory_bytes(wide_network(), kWhole).workspace)
      << "not a network that is sliced";
  RandomStream random(1, RandomPurpose::Initialization);
  network.initialize(random);
  small.set_parameters(network.parameters());
  const std::vector<float> x = testing::random_values(kBatch * network.input_size(), 2);
  const std::vector<float> dy = testing::random_values(kBatch * network.output_size(), 3);

  // Twice, because the second run finds gradients of the first.
  std::vector<float> outputs;
  for (int run = 0; run < 2; ++run) {
    const auto result = network.forward(x, kBatch, Mode::Training);
    outputs.assign(result.begin(), result.end());
    network.backward(dy);
  }
  std::vector<double> gradients(network.parameter_count());
  for (std::size_t first = 0; first < kBatch; first += kWhole) {
    const std::size_t count = std::min(kWhole, kBatch - first);
    const auto part = small.forward(
        std::span(x).subspan(first * network.input_size(), count * network.input_size()), count,
        Mode::Training);
    for (std::size_t i = 0; i < part.size(); ++i) {
      ASSERT_NEAR(outputs[first * network.output_size() + i], part[i], 1e-4);
    }
    small.backward(
        std::span(dy).subspan(first * network.output_size(), count * network.output_size()));
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      gradients[i] += static_cast<double>(small.gradients()[i]);
    }
  }
  double scale = 0.0;
  for (const double gradient : gradients) {
    scale = std::max(scale, std::abs(gradient));
  }
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    ASSERT_NEAR(network.gradients()[i], gradients[i], 1e-4 * scale) << "parameter " << i;
  }
}

}  // namespace
}  // namespace hermes::nn
