#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hermes/nn/network_spec.hpp"

namespace hermes::nn::testing {

/// Models of models/*.toml, built in code.
NetworkSpec mlp();
NetworkSpec cnn();
NetworkSpec alexnet_s();
NetworkSpec resnet8();

/// Standard normal numbers.
std::vector<float> random_values(std::size_t count, std::uint64_t seed);
/// Numbers in [0, classes).
std::vector<std::int32_t> random_labels(std::size_t count, std::size_t classes, std::uint64_t seed);

}  // namespace hermes::nn::testing
