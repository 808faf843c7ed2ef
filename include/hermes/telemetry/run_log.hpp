#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "hermes/core/time.hpp"
#include "hermes/protocol/record.hpp"

namespace hermes::telemetry {

/// hermes.log: one line per record, stamped with the seconds of the run. Every line reaches the
/// file at once. The logger is private to the object; no registry, no global state.
class RunLog {
 public:
  /// Begins the file afresh, or goes on where it ends. Throws ConfigError where it cannot be opened
  /// for writing.
  explicit RunLog(const std::filesystem::path& file, bool goes_on = false);
  ~RunLog();
  RunLog(RunLog&&) noexcept;
  RunLog& operator=(RunLog&&) noexcept;

  /// All three throw RuntimeError when the disk does not take the line. Line breaks in a text
  /// (which may come from another rank) become blanks: one event, one line.
  void record(const protocol::Record& record, Instant now);
  void info(std::string_view text, Instant now);
  void warn(std::string_view text, Instant now);

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

}  // namespace hermes::telemetry
