#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "hermes/nn/shape.hpp"

/// Checks on numbers that come from model and run files. Each throws ConfigError with what was
/// expected and found; whoever knows the place (the layer, the key's table) puts it in front.
namespace hermes::nn {

/// No tensor has more values than a matrix library can count in 32 bits.
inline constexpr std::size_t kTensorSizeMax = 0x7fffffff;

void require_in_range(std::string_view key, std::size_t value, std::size_t low, std::size_t high);
/// low <= value < high
void require_in_half_open(std::string_view key, double value, double low, double high);
/// low <= value <= high
void require_in_closed(std::string_view key, double value, double low, double high);
/// Finite and > 0.
void require_positive(std::string_view key, double value);

/// The input must be an image, or plain features.
void require_image(const Shape& input);
void require_features(const Shape& input);

/// The product, unless it is above `kTensorSizeMax`.
std::size_t checked_size(std::string_view what, std::initializer_list<std::size_t> factors);

}  // namespace hermes::nn
