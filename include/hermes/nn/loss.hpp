#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "hermes/nn/losses/cross_entropy.hpp"
#include "hermes/nn/losses/mean_squared_error.hpp"

namespace hermes::nn {

/// Every loss that a run configuration may name (`kType`).
using LossSpec = std::variant<CrossEntropy, MeanSquaredError>;

/// "cross_entropy" and so on.
std::string_view type_name(const LossSpec& loss);

/// The loss of a batch with integer labels; see the members of the alternatives.
LossResult evaluate(const LossSpec& loss, std::span<const float> outputs,
                    std::span<const std::int32_t> labels, std::span<float> gradient);

}  // namespace hermes::nn
