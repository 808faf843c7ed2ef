#include "hermes/telemetry/run_log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>

#include <chrono>
#include <string>

#include "hermes/core/error.hpp"
#include "hermes/telemetry/describe.hpp"
#include "telemetry/plain_text.hpp"

namespace hermes::telemetry {

struct RunLog::Sink {
  Sink(const std::filesystem::path& file, bool goes_on)
      : logger("run",
               std::make_shared<spdlog::sinks::basic_file_sink_st>(file.string(), !goes_on)) {
    logger.set_pattern("%E.%e %-7l %v");
    logger.flush_on(spdlog::level::info);
    logger.set_error_handler([name = file.string()](const std::string& what) {
      throw RuntimeError(plain_text(name + ": a line cannot be written (" + what + ")"));
    });
  }

  void write(spdlog::level::level_enum level, std::string_view text, Instant now) {
    // spdlog's own stamp would be wall time, which means nothing on a simulated cluster; the
    // pattern prints this one as seconds and milliseconds.
    const spdlog::log_clock::time_point stamp(
        std::chrono::duration_cast<spdlog::log_clock::duration>(now.time_since_epoch()));
    logger.log(stamp, spdlog::source_loc{}, level, spdlog::string_view_t(text.data(), text.size()));
  }

  spdlog::logger logger;
};

RunLog::RunLog(const std::filesystem::path& file, bool goes_on) {
  try {
    sink_ = std::make_unique<Sink>(file, goes_on);
  } catch (const spdlog::spdlog_ex&) {
    throw ConfigError(file.string() + ": cannot be opened for writing");
  }
}

RunLog::~RunLog() = default;
RunLog::RunLog(RunLog&&) noexcept = default;
RunLog& RunLog::operator=(RunLog&&) noexcept = default;

void RunLog::record(const protocol::Record& record, Instant now) {
  const auto level = is_warning(record) ? spdlog::level::warn : spdlog::level::info;
  sink_->write(level, describe(record), now);
}

void RunLog::info(std::string_view text, Instant now) {
  sink_->write(spdlog::level::info, plain_text(text), now);
}

void RunLog::warn(std::string_view text, Instant now) {
  sink_->write(spdlog::level::warn, plain_text(text), now);
}

}  // namespace hermes::telemetry
