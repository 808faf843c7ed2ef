#pragma once

#include <functional>

#include "hermes/core/time.hpp"

namespace hermes::transport {

/// The time of ranks that live in one process.
struct LocalTime {
  std::function<Instant()> now{};               ///< none: it moves when it is told to
  std::function<void(Duration)> pause{};        ///< none: `wait` ends when another thread sends
  std::function<void(double flops)> compute{};  ///< none: work takes the time that it takes
};

/// Real time since this call.
LocalTime real_time();

}  // namespace hermes::transport
