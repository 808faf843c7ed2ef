#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "hermes/core/time.hpp"
#include "hermes/protocol/record.hpp"
#include "hermes/telemetry/appended_file.hpp"
#include "hermes/telemetry/run_statistics.hpp"

namespace hermes::telemetry {

/// Scalars for TensorBoard (tags: src/telemetry/README.md): TFRecord frames of `Event` messages
/// (event.proto, summary.proto of TensorFlow), written by hand. There is no clock: the wall time of
/// an event is its second of the run.
class TensorBoardFile {
 public:
  /// TensorBoard knows its files by "tfevents" in their name.
  static constexpr std::string_view kName = "events.out.tfevents.0.hermes";

  /// Begins the file afresh, or goes on where it ends. Throws ConfigError where it cannot be opened
  /// for writing; what writes throws RuntimeError when the disk does not take it.
  explicit TensorBoardFile(const std::filesystem::path& file, bool goes_on = false);

  /// `statistics` know of the record already.
  void record(const protocol::Record& record, Instant now, const RunStatistics& statistics);
  void flush() { file_.flush(); }

  std::uint64_t size() const { return file_.size(); }
  /// Takes back everything beyond this size; 0: everything.
  void cut_to(std::uint64_t size);

 private:
  void begin();
  void on_evaluation(const protocol::Evaluation& evaluation, Instant now,
                     const RunStatistics& statistics);
  void add_scalar(std::string_view tag, std::uint64_t step, Instant now, double value);

  AppendedFile file_;
};

}  // namespace hermes::telemetry
