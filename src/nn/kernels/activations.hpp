#pragma once

#include <cstddef>
#include <span>

namespace hermes::nn {

// Activation functions over rows of numbers. Forward: y = f(x); backward: dx = dy f'(x), where f'
// is told by y = f(x). Spans have one size; y may be x, and dx may be dy.

/// Below zero 0; -0 and NaN stay.
void relu_forward(std::span<const float> x, std::span<float> y);
void relu_backward(std::span<const float> y, std::span<const float> dy, std::span<float> dx);

/// Below zero slope * x, 0 <= slope <= 1.
void leaky_relu_forward(float slope, std::span<const float> x, std::span<float> y);
void leaky_relu_backward(float slope, std::span<const float> y, std::span<const float> dy,
                         std::span<float> dx);

void sigmoid_forward(std::span<const float> x, std::span<float> y);
void sigmoid_backward(std::span<const float> y, std::span<const float> dy, std::span<float> dx);

void tanh_forward(std::span<const float> x, std::span<float> y);
void tanh_backward(std::span<const float> y, std::span<const float> dy, std::span<float> dx);

void softplus_forward(std::span<const float> x, std::span<float> y);
void softplus_backward(std::span<const float> y, std::span<const float> dy, std::span<float> dx);

/// Dropout, forward and backward: y = scale * x where `kept` is 1, else (0) 0.
void keep_some(std::span<const std::byte> kept, float scale, std::span<const float> x,
               std::span<float> y);

}  // namespace hermes::nn
