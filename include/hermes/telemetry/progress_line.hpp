#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "hermes/core/time.hpp"
#include "hermes/telemetry/run_statistics.hpp"

namespace hermes::telemetry {

/// Where progress is shown and which limits the run has. Zero: no such limit.
struct ProgressConfig {
  bool terminal = false;         ///< the stream is a terminal: one live line, redrawn in place
  bool colour = false;           ///< warnings stand out; for terminals
  bool quiet = false;            ///< show nothing but what was asked for
  std::size_t width = 80;        ///< columns of the terminal
  std::uint64_t max_rounds = 0;  ///< of the fastest worker
  Duration max_time = seconds(0.0);
};

enum class Tone : std::uint8_t { Plain, Warning };

/// The progress of a run on the screen. On a terminal: ONE line, redrawn in place at most five
/// times a second and never wider than the terminal. Elsewhere: a plain line every five seconds,
/// without control codes. Notices appear above the line.
///
///     (update | notice | show)* close
///
/// Requires: the stream outlives this. Not thread-safe.
class ProgressLine {
 public:
  static constexpr Duration kRedrawInterval = seconds(0.2);
  static constexpr Duration kPlainInterval = seconds(5.0);

  ProgressLine(std::ostream& screen, const ProgressConfig& config);
  /// Closes, so that an error message never lands behind half a line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Shows the present numbers if the last showing is long enough ago.
  void update(const RunStatistics& statistics, Instant now);
  /// Shows a line of text above the progress line, at once.
  void notice(std::string_view text, Tone tone = Tone::Plain);
  /// Likewise whole lines that somebody asked for, even where it is to be quiet.
  void show(std::string_view lines);
  /// Takes the live line off the terminal. Nothing is shown afterwards.
  void close();

 private:
  void erase();

  std::ostream& screen_;
  ProgressConfig config_;
  std::optional<Instant> shown_at_;
  bool drawn_ = false;
  bool closed_ = false;
};

/// The text of the line: of its parts, those that fit into `width` columns, by importance.
std::string progress_text(const RunStatistics& statistics, const ProgressConfig& config,
                          std::size_t width, Instant now);

}  // namespace hermes::telemetry
