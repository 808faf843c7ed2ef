#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "hermes/core/time.hpp"
#include "hermes/protocol/record.hpp"
#include "hermes/telemetry/appended_file.hpp"
#include "hermes/telemetry/trace_timeline.hpp"

namespace hermes::telemetry {

/// trace.json: a TraceTimeline as a JSON array, written as it comes. A run that was killed leaves
/// the array without its end, which the format allows. At `bytes_max` the trace ends, not the run.
///
///     resume? (record | server_span | flush)* finish
///
/// Throws ConfigError where the file cannot be opened and RuntimeError when the disk does not take
/// it.
class TraceFile {
 public:
  TraceFile(const std::filesystem::path& file, std::uint32_t workers, std::uint64_t bytes_max,
            bool goes_on = false);

  void record(const protocol::Record& record, Instant now);
  void server_span(std::string_view name, Instant begin, Instant end);
  void flush() { file_.flush(); }
  void finish(Instant now);

  /// Where the trace is, for checkpoints.
  struct Place {
    std::uint64_t size = 0;
    bool is_closed = false;  ///< at `bytes_max`
    TraceTimeline::Place timeline{};
  };
  Place place();
  /// Takes back what was written later. Begins afresh where the file is not there any more.
  void resume(const Place& place);

 private:
  void begin();
  void write(Instant now);

  AppendedFile file_;
  TraceTimeline timeline_;
  std::uint64_t bytes_max_;
  std::string events_;
  bool is_closed_ = false;
};

}  // namespace hermes::telemetry
