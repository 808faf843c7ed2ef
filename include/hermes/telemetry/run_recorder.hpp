#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string_view>

#include "hermes/core/time.hpp"
#include "hermes/protocol/record.hpp"
#include "hermes/telemetry/byte_counters.hpp"
#include "hermes/telemetry/metrics_csv.hpp"
#include "hermes/telemetry/progress_line.hpp"
#include "hermes/telemetry/run_log.hpp"
#include "hermes/telemetry/run_statistics.hpp"
#include "hermes/telemetry/run_summary.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::telemetry {

struct RunRecorderConfig {
  std::filesystem::path directory{};  ///< of the run; it must exist
  RunFacts facts{};
  ProgressConfig progress{};
  bool goes_on = false;  ///< files are continued, see `resume`
};

/// Everything that rank 0 writes down about a run, behind one door: hermes.log, metrics.csv,
/// summary.json, the progress line and the closing table.
///
///     (record | tick | info | warn)* finish
///
/// Requires: the screen outlives this. Throws ConfigError when the files cannot be opened and
/// RuntimeError when the disk does not take a line. Not thread-safe.
class RunRecorder {
 public:
  RunRecorder(const RunRecorderConfig& config, std::ostream& screen);

  /// One record of the server; `now` and `bytes` as they are at this moment.
  void record(const protocol::Record& record, Instant now, const ByteCounters& bytes);
  /// Keeps the progress line alive; cheap, to be called in every turn of the server loop.
  void tick(Instant now, const ByteCounters& bytes);

  /// So long rank 0 did something.
  void count_busy(Duration busy) { statistics_.count_busy(busy); }

  /// A free line in hermes.log.
  void info(std::string_view text, Instant now);
  /// A free line in hermes.log and on the screen.
  void warn(std::string_view text, Instant now);

  /// For checkpoints: what was counted, and how long metrics.csv is.
  void save(StateWriter& state) const;
  /// Before the first record of a run that goes on: what was written after the checkpoint is taken
  /// back from metrics.csv.
  void resume(StateReader& state);

  /// Ends the run: summary.json, closing table. `test` is empty where the best model was not
  /// tested.
  RunSummary finish(const std::optional<TestResult>& test, Instant now, const ByteCounters& bytes);

  const RunStatistics& statistics() const { return statistics_; }

 private:
  std::filesystem::path directory_;
  std::ostream& screen_;
  bool quiet_;
  RunStatistics statistics_;
  MetricsCsv metrics_;
  RunLog log_;
  ProgressLine progress_;
};

}  // namespace hermes::telemetry
