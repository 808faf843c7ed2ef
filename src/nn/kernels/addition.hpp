#pragma once

#include <span>

namespace hermes::nn {

// Sums of rows of numbers. Spans have one size; `out` may be x or y.

/// out = x + y
void add(std::span<const float> x, std::span<const float> y, std::span<float> out);
/// out = max(x + y, 0); NaN stays.
void add_relu(std::span<const float> x, std::span<const float> y, std::span<float> out);

}  // namespace hermes::nn
