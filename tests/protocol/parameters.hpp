#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "hermes/core/parameters.hpp"

namespace hermes::protocol {

/// A shared block with these values.
inline SharedParameters shared(std::vector<float> values) {
  auto block = std::make_shared<const std::vector<float>>(std::move(values));
  const std::span<const float> view(*block);
  return {std::move(block), view};
}

}  // namespace hermes::protocol
