#pragma once

#include <cstddef>
#include <span>

#include "hermes/nn/loss.hpp"
#include "hermes/nn/network.hpp"

namespace hermes::nn {

/// Samples of a mini-batch that are in the network at a time: what its `batch_max` must be, and the
/// samples for which `compute_gradient` needs room.
std::size_t samples_at_a_time(const Network& network, std::size_t batch);

/// Puts the gradient of a mini-batch's mean loss into `network.gradients()`, forward and backward a
/// slice at a time (Network::slice_size).
///
/// Shapes: `x` batch x inputs, `targets` of as many rows; `output_gradient`, a place for the
/// derivative by the outputs, at least samples_at_a_time x outputs.
LossResult compute_gradient(Network& network, const LossSpec& loss, std::span<const float> x,
                            const Targets& targets, std::span<float> output_gradient);

}  // namespace hermes::nn
