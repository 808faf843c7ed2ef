#pragma once

#include <cstddef>
#include <cstdint>

namespace hermes::data {

/// One row, channels x positions -> positions x channels. `in` and `out` do not overlap.
void interleave(const std::uint8_t* in, std::size_t channels, std::size_t positions,
                std::uint8_t* out);
void interleave(const float* in, std::size_t channels, std::size_t positions, float* out);

}  // namespace hermes::data
