#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "hermes/core/time.hpp"
#include "hermes/protocol/record.hpp"
#include "hermes/telemetry/appended_file.hpp"
#include "hermes/telemetry/byte_counters.hpp"

namespace hermes::telemetry {

/// metrics.csv: one row per accepted report and one per evaluation of the global model (columns:
/// src/telemetry/README.md). What a row does not know is empty. Numbers are the shortest text that
/// reads back as the same value. Every row reaches the file at once, so a killed run keeps them.
class MetricsCsv {
 public:
  static constexpr std::string_view kHeader =
      "event,seconds,rank,round,version,staleness,kind,steps,samples,compute_seconds,evaluation_"
      "seconds,"
      "data_seconds,train_loss,validation_loss,validation_accuracy,gate_z,gate_threshold,bytes_up,"
      "bytes_down";

  /// Begins the file afresh, or goes on where it ends. Throws ConfigError where it cannot be opened
  /// for writing.
  explicit MetricsCsv(const std::filesystem::path& file, bool goes_on = false);

  std::uint64_t size() const { return file_.size(); }
  /// Takes back all rows beyond this size. Throws RuntimeError.
  void cut_to(std::uint64_t size) { file_.cut_to(size); }

  /// Writes the row of a report or an evaluation; other records only keep the books. Throws
  /// RuntimeError when the disk does not take the row.
  void record(const protocol::Record& record, Instant now, const ByteCounters& bytes);

 private:
  std::string report_row(const protocol::ReportAccepted& accepted, Instant now,
                         const ByteCounters& bytes);
  void write(std::string_view row);

  AppendedFile file_;
  Version version_;
};

}  // namespace hermes::telemetry
