#include "hermes/telemetry/run_recorder.hpp"

#include <ostream>
#include <string>

#include "hermes/core/state_archive.hpp"
#include "hermes/telemetry/closing_table.hpp"
#include "hermes/telemetry/describe.hpp"

namespace hermes::telemetry {

RunRecorder::RunRecorder(const RunRecorderConfig& config, std::ostream& screen)
    : directory_(config.directory),
      screen_(screen),
      quiet_(config.progress.quiet),
      statistics_(config.facts),
      metrics_(directory_ / "metrics.csv", config.goes_on),
      log_(directory_ / "hermes.log", config.goes_on),
      progress_(screen, config.progress) {}

void RunRecorder::record(const protocol::Record& record, Instant now, const ByteCounters& bytes) {
  statistics_.record(record, now, bytes);
  metrics_.record(record, now, bytes);
  log_.record(record, now);
  if (is_milestone(record)) {
    progress_.notice(describe(record));
  }
  progress_.update(statistics_, now);
}

void RunRecorder::tick(Instant now, const ByteCounters& bytes) {
  statistics_.count_bytes(bytes);
  progress_.update(statistics_, now);
}

void RunRecorder::info(std::string_view text, Instant now) {
  log_.info(text, now);
}

void RunRecorder::warn(std::string_view text, Instant now) {
  log_.warn(text, now);
  progress_.notice(text);
}

void RunRecorder::save(StateWriter& state) const {
  state& metrics_.size();
  statistics_.save(state);
}

void RunRecorder::resume(StateReader& state) {
  std::uint64_t size = 0;
  state& size;
  metrics_.cut_to(size);
  statistics_.load(state);
}

RunSummary RunRecorder::finish(const std::optional<TestResult>& test, Instant now,
                               const ByteCounters& bytes) {
  statistics_.count_bytes(bytes);
  if (test) {
    statistics_.set_test_result(*test);
  }
  RunSummary summary = statistics_.summary(now);
  write_summary(summary, directory_ / "summary.json");
  progress_.close();
  if (!quiet_) {
    screen_ << closing_table(summary) << std::flush;
  }
  return summary;
}

}  // namespace hermes::telemetry
