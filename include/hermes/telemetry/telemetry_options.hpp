#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hermes::telemetry {

/// What is written beside hermes.log, metrics.csv and summary.json ([telemetry] of a run).
struct TelemetryOptions {
  bool trace = true;                             ///< trace.json
  std::uint64_t trace_max_bytes = 64ULL << 20U;  ///< the trace ends there; 0: no such limit
  bool tensorboard = false;                      ///< scalars for TensorBoard
  std::optional<std::string> openmetrics;        ///< file for node_exporter's textfile collector

  friend bool operator==(const TelemetryOptions&, const TelemetryOptions&) = default;
};

}  // namespace hermes::telemetry
