#pragma once

#include <span>

#include "hermes/core/parameters.hpp"

/// Kernels over flat parameter buffers. All spans of one call have the same size; outputs may be
/// the same span as an input, never a shifted overlap.
namespace hermes {

/// y += a x
void axpy(float a, std::span<const float> x, std::span<float> y);
/// out = a x + b y
void blend(float a, std::span<const float> x, float b, std::span<const float> y,
           std::span<float> out);
/// out = x - y
void subtract(std::span<const float> x, std::span<const float> y, std::span<float> out);
/// sum of squares, in double precision
double squared_norm(std::span<const float> x);
/// true when no value is NaN, infinite, or further than `limit` from zero
bool all_within(std::span<const float> x, float limit);
bool all_within(const SharedParameters& parameters, float limit);
/// true when no value is NaN or infinite
bool all_finite(std::span<const float> x);

}  // namespace hermes
