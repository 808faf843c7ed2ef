#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "hermes/core/time.hpp"
#include "hermes/telemetry/run_statistics.hpp"
#include "hermes/telemetry/run_summary.hpp"

namespace hermes::telemetry {

/// The numbers of a run in the OpenMetrics text format 1.0 (names: src/telemetry/README.md).
/// `accuracy` and `loss` of the last evaluation are left out where there was none.
std::string openmetrics_text(std::string_view run, const RunSummary& summary,
                             const std::optional<protocol::Evaluation>& last);

/// A file of them for the textfile collector of Prometheus' node_exporter, written whole every few
/// seconds and at the end.
class OpenMetricsFile {
 public:
  static constexpr Duration kInterval = seconds(5.0);

  OpenMetricsFile(std::filesystem::path file, std::string run);

  /// Writes if the last writing is long enough ago. Both throw RuntimeError where the file cannot
  /// be written.
  void update(const RunStatistics& statistics, Instant now);
  void write(const RunStatistics& statistics, Instant now);

 private:
  std::filesystem::path file_;
  std::string run_;
  std::optional<Instant> written_at_;
};

}  // namespace hermes::telemetry
