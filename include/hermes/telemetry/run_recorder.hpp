#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hermes/core/time.hpp"
#include "hermes/protocol/record.hpp"
#include "hermes/telemetry/byte_counters.hpp"
#include "hermes/telemetry/metrics_csv.hpp"
#include "hermes/telemetry/openmetrics.hpp"
#include "hermes/telemetry/progress_line.hpp"
#include "hermes/telemetry/run_log.hpp"
#include "hermes/telemetry/run_statistics.hpp"
#include "hermes/telemetry/run_summary.hpp"
#include "hermes/telemetry/slow_watch.hpp"
#include "hermes/telemetry/telemetry_options.hpp"
#include "hermes/telemetry/tensorboard_file.hpp"
#include "hermes/telemetry/trace_file.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::telemetry {

struct RunRecorderConfig {
  std::filesystem::path directory{};  ///< of the run; it must exist
  RunFacts facts{};
  ProgressConfig progress{};
  TelemetryOptions options{};
  Duration heartbeat = seconds(0.5);  ///< longest silence of a living worker
  bool goes_on = false;               ///< files are continued, see `resume`
};

/// Everything that rank 0 writes down about a run, behind one door: hermes.log, metrics.csv,
/// summary.json, trace.json and what else was asked for, the progress line and the closing table.
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

  /// Rank 0 spent this time on one thing, for the trace. A merge comes before its record.
  void server_span(std::string_view name, Instant begin, Instant end);
  /// Anything came from this rank.
  void heard(Rank rank, Instant now) { slow_watch_.heard(rank, now); }
  /// What rank 0 did since the last call.
  void count_work(const ServerWork& work) { statistics_.count_work(work); }

  /// The workers' table as it is now, on the screen, even where it is to be quiet: somebody asked.
  void show_workers(Instant now);

  /// A free line in hermes.log.
  void info(std::string_view text, Instant now);
  /// A free line in hermes.log and on the screen.
  void warn(std::string_view text, Instant now);

  /// For checkpoints: what was counted, and how long the files are that grow.
  void save(StateWriter& state);
  /// Before the first record of a run that goes on: what was written after the checkpoint is taken
  /// back from them.
  void resume(StateReader& state);

  /// Ends the run: summary.json, closing table. `test` is empty where the best model was not
  /// tested.
  RunSummary finish(const std::optional<TestResult>& test, Instant now, const ByteCounters& bytes);

  const RunStatistics& statistics() const { return statistics_; }

 private:
  void watch_files(Instant now);
  void warn_all(const std::vector<std::string>& lines, Instant now);
  void write_openmetrics(Instant now, bool is_last);
  void resume_trace(StateReader& state);

  std::filesystem::path directory_;
  std::ostream& screen_;
  bool quiet_;
  RunStatistics statistics_;
  MetricsCsv metrics_;
  std::optional<TraceFile> trace_;
  std::optional<TensorBoardFile> tensorboard_;
  std::optional<OpenMetricsFile> openmetrics_;
  SlowWatch slow_watch_;
  RunLog log_;
  ProgressLine progress_;
  Instant flushed_at_{};
};

}  // namespace hermes::telemetry
