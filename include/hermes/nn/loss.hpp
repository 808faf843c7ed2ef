#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <variant>

#include "hermes/core/targets.hpp"
#include "hermes/nn/losses/cross_entropy.hpp"
#include "hermes/nn/losses/mean_squared_error.hpp"

namespace hermes::nn {

/// Every loss that a run configuration may name (`kType`).
using LossSpec = std::variant<CrossEntropy, MeanSquaredError>;

/// "cross_entropy" and so on.
std::string_view type_name(const LossSpec& loss);

/// The loss of a batch; see the members of the alternatives. Requires: labels for cross_entropy.
LossResult evaluate(const LossSpec& loss, std::span<const float> outputs, const Targets& targets,
                    std::span<float> gradient);

}  // namespace hermes::nn
