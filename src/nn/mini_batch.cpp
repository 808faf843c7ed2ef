#include "hermes/nn/mini_batch.hpp"

#include <algorithm>

namespace hermes::nn {
namespace {

std::size_t slice_count(const Network& network, std::size_t batch) {
  return (batch - 1) / network.slice_size() + 1;
}

}  // namespace

std::size_t samples_at_a_time(const Network& network, std::size_t batch) {
  return (batch - 1) / slice_count(network, batch) + 1;
}

LossResult compute_gradient(Network& network, const LossSpec& loss, std::span<const float> x,
                            const Targets& targets, std::span<float> output_gradient) {
  const std::size_t inputs = network.input_size();
  const std::size_t batch = x.size() / inputs;
  const std::size_t slices = slice_count(network, batch);
  LossResult result;
  std::size_t first = 0;
  for (std::size_t slice = 0; slice < slices; ++slice) {
    const std::size_t count = (batch - first) / (slices - slice);  // nearly equal
    const double share = static_cast<double>(count) / static_cast<double>(batch);
    const std::span<const float> outputs =
        network.forward(x.subspan(first * inputs, count * inputs), count, Mode::Training);
    const std::span<float> derivative = output_gradient.first(outputs.size());
    const LossResult part =
        evaluate(loss, outputs, rows_of(targets, batch, first, count), derivative);
    if (slices == 1) {
      network.backward(derivative);
      return part;
    }
    for (float& value : derivative) {
      value *= static_cast<float>(share);
    }
    if (first == 0) {
      network.backward(derivative);
    } else {
      network.add_backward(derivative);
    }
    result.mean_loss += share * part.mean_loss;
    result.correct += part.correct;
    first += count;
  }
  return result;
}

}  // namespace hermes::nn
