#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hermes/core/time.hpp"

namespace hermes::telemetry {

/// 512 B, 1.5 KiB, 20.3 MiB, 1.2 GiB.
std::string human_bytes(std::uint64_t bytes);

/// 950, 12.3k, 4.5M.
std::string human_count(double count);

/// 0.25 s, 12.3 s, 2m 05s, 1h 02m.
std::string human_duration(Duration duration);

/// 1234567 as 1,234,567.
std::string grouped(std::uint64_t count);

/// 1 worker, 4 workers.
std::string counted(std::uint64_t count, std::string_view thing);

}  // namespace hermes::telemetry
