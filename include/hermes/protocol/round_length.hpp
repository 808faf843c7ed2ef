#pragma once

#include <cstdint>

namespace hermes::protocol {

/// How much a worker trains between two reports.
struct RoundLength {
  enum class Unit : std::uint8_t { Epochs, Steps };
  Unit unit = Unit::Epochs;  ///< passes over the shard, or mini-batches
  std::uint64_t count = 1;   ///< >= 1

  friend bool operator==(const RoundLength&, const RoundLength&) = default;
};

}  // namespace hermes::protocol
