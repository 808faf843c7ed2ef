#include "hermes/telemetry/run_recorder.hpp"

#include <ostream>
#include <string>

#include "hermes/core/error.hpp"
#include "hermes/core/state_archive.hpp"
#include "hermes/telemetry/closing_table.hpp"
#include "hermes/telemetry/describe.hpp"

namespace hermes::telemetry {
namespace {

constexpr Duration kFlushInterval = seconds(1.0);

}  // namespace

RunRecorder::RunRecorder(const RunRecorderConfig& config, std::ostream& screen)
    : directory_(config.directory),
      screen_(screen),
      quiet_(config.progress.quiet),
      statistics_(config.facts),
      metrics_(directory_ / "metrics.csv", config.goes_on),
      slow_watch_(config.heartbeat),
      log_(directory_ / "hermes.log", config.goes_on),
      progress_(screen, config.progress) {
  const TelemetryOptions& options = config.options;
  if (options.trace) {
    trace_.emplace(directory_ / "trace.json", config.facts.workers, options.trace_max_bytes,
                   config.goes_on);
  }
  if (options.tensorboard) {
    tensorboard_.emplace(directory_ / TensorBoardFile::kName, config.goes_on);
  }
  if (options.openmetrics) {
    openmetrics_.emplace(*options.openmetrics, config.facts.run);
  }
}

void RunRecorder::record(const protocol::Record& record, Instant now, const ByteCounters& bytes) {
  statistics_.record(record, now, bytes);
  metrics_.record(record, now, bytes);
  log_.record(record, now);
  if (trace_) {
    trace_->record(record, now);
  }
  if (tensorboard_) {
    tensorboard_->record(record, now, statistics_);
  }
  if (is_milestone(record)) {
    progress_.notice(describe(record), is_warning(record) ? Tone::Warning : Tone::Plain);
  }
  warn_all(slow_watch_.record(record, now), now);
  progress_.update(statistics_, now);
}

void RunRecorder::server_span(std::string_view name, Instant begin, Instant end) {
  if (trace_) {
    trace_->server_span(name, begin, end);
  }
}

void RunRecorder::tick(Instant now, const ByteCounters& bytes) {
  statistics_.count_bytes(bytes);
  warn_all(slow_watch_.tick(now), now);
  watch_files(now);
  progress_.update(statistics_, now);
}

void RunRecorder::info(std::string_view text, Instant now) {
  log_.info(text, now);
}

void RunRecorder::warn(std::string_view text, Instant now) {
  log_.warn(text, now);
  progress_.notice(text, Tone::Warning);
}

/// What others may be reading while the run goes on.
void RunRecorder::watch_files(Instant now) {
  write_openmetrics(now, false);
  if (now - flushed_at_ < kFlushInterval) {
    return;
  }
  flushed_at_ = now;
  if (trace_) {
    trace_->flush();
  }
  if (tensorboard_) {
    tensorboard_->flush();
  }
}

/// It is for others to watch the run by, so it does not end the run.
void RunRecorder::write_openmetrics(Instant now, bool is_last) {
  if (!openmetrics_) {
    return;
  }
  try {
    is_last ? openmetrics_->write(statistics_, now) : openmetrics_->update(statistics_, now);
  } catch (const RuntimeError& error) {
    openmetrics_.reset();
    warn(error.what(), now);
  }
}

void RunRecorder::warn_all(const std::vector<std::string>& lines, Instant now) {
  for (const std::string& line : lines) {
    warn(line, now);
  }
}

void RunRecorder::show_workers(Instant now) {
  progress_.show(worker_table(statistics_.summary(now)));
}

void RunRecorder::save(StateWriter& state) {
  state& metrics_.size();
  statistics_.save(state);
  state& trace_.has_value();
  if (trace_) {
    const TraceFile::Place place = trace_->place();
    state& place.size& place.is_closed& place.timeline.next_flow& place.timeline.workers;
  }
  if (tensorboard_) {
    tensorboard_->flush();
  }
  state&(tensorboard_ ? tensorboard_->size() : std::uint64_t{0});
}

void RunRecorder::resume(StateReader& state) {
  std::uint64_t size = 0;
  state& size;
  metrics_.cut_to(size);
  statistics_.load(state);
  resume_trace(state);
  state& size;
  if (tensorboard_) {
    tensorboard_->cut_to(size);
  }
}

/// The run may have been traced before, or not.
void RunRecorder::resume_trace(StateReader& state) {
  TraceFile::Place place;
  bool was_traced = false;
  state& was_traced;
  if (was_traced) {
    state& place.size& place.is_closed& place.timeline.next_flow& place.timeline.workers;
  }
  if (trace_) {
    trace_->resume(place);
  }
}

RunSummary RunRecorder::finish(const std::optional<TestResult>& test, Instant now,
                               const ByteCounters& bytes) {
  statistics_.count_bytes(bytes);
  if (test) {
    statistics_.set_test_result(*test);
  }
  RunSummary summary = statistics_.summary(now);
  if (trace_) {
    trace_->finish(now);
  }
  if (tensorboard_) {
    tensorboard_->flush();
  }
  write_openmetrics(now, true);
  write_summary(summary, directory_ / "summary.json");
  progress_.close();
  if (!quiet_) {
    screen_ << closing_table(summary) << std::flush;
  }
  return summary;
}

}  // namespace hermes::telemetry
