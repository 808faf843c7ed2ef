#include "hermes/telemetry/progress_line.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>
#include <vector>

#include "hermes/telemetry/human_units.hpp"
#include "telemetry/plain_text.hpp"

namespace hermes::telemetry {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kNoColour = "\x1b[0m";
constexpr std::string_view kGap = "  ";

/// One part of the line, in the order of the screen.
struct Part {
  std::string text;
  std::string brief;  ///< where `text` is too long
  int importance;     ///< the least important part goes first
};

std::string join(const std::vector<Part>& parts, std::string Part::*form) {
  std::string line;
  for (const Part& part : parts) {
    line += line.empty() ? "" : kGap;
    line += part.*form;
  }
  return line;
}

/// Parts are ASCII, so that characters are columns.
std::string fit(std::vector<Part> parts, std::size_t width) {
  std::string line = join(parts, &Part::text);
  if (line.size() <= width) {
    return line;
  }
  line = join(parts, &Part::brief);
  while (line.size() > width && parts.size() > 1) {
    parts.erase(std::min_element(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
      return a.importance < b.importance;
    }));
    line = join(parts, &Part::brief);
  }
  return line.substr(0, width);
}

/// The time that is left until the first limit; nothing where no limit is set or none can be told.
std::optional<Duration> time_left(const RunStatistics& statistics, const ProgressConfig& config,
                                  Duration trained) {
  std::optional<Duration> left;
  if (config.max_time > Duration::zero()) {
    left = config.max_time - trained;
  }
  const std::uint64_t rounds = statistics.fastest_rounds();
  if (config.max_rounds > 0 && rounds > 0) {
    const double open = static_cast<double>(config.max_rounds) - static_cast<double>(rounds);
    const Duration until_rounds = trained * (open / static_cast<double>(rounds));
    left = std::min(left.value_or(until_rounds), until_rounds);
  }
  return left ? std::optional(std::max(*left, Duration::zero())) : std::nullopt;
}

Part plain_part(const std::string& text, int importance) {
  return {text, text, importance};
}

}  // namespace

std::string progress_text(const RunStatistics& statistics, const ProgressConfig& config,
                          std::size_t width, Instant now) {
  const std::string elapsed = human_duration(now.time_since_epoch());
  const std::string alive =
      fmt::format("{}/{}", statistics.alive_count(), statistics.facts().workers);
  if (!statistics.training_since()) {
    return fit({plain_part(elapsed, 1), {"waiting for workers, " + alive + " here", alive, 2}},
               width);
  }
  const Duration trained = now - *statistics.training_since();
  std::vector<Part> parts;
  parts.push_back(plain_part(elapsed, 1));
  parts.push_back(plain_part("rounds " + std::to_string(statistics.rounds()), 7));
  parts.push_back(plain_part("pushes " + std::to_string(statistics.pushes()), 4));
  if (const auto& evaluation = statistics.last_evaluation()) {
    parts.push_back(plain_part(fmt::format("loss {:.4f}", evaluation->loss), 8));
    if (!std::isnan(evaluation->accuracy)) {
      parts.push_back({fmt::format("accuracy {:.4f}", evaluation->accuracy),
                       fmt::format("acc {:.4f}", evaluation->accuracy), 9});
    }
  }
  parts.push_back(plain_part(human_bytes(statistics.bytes().total()), 2));
  if (trained > Duration::zero()) {
    const std::string rate =
        human_count(static_cast<double>(statistics.samples()) / trained.count());
    parts.push_back({rate + " samples/s", rate + "/s", 3});
  }
  parts.push_back({alive + " workers", alive, 6});
  if (const auto left = time_left(statistics, config, trained)) {
    parts.push_back(plain_part("ETA " + human_duration(*left), 5));
  }
  return fit(std::move(parts), width);
}

ProgressLine::ProgressLine(std::ostream& screen, const ProgressConfig& config)
    : screen_(screen), config_(config) {}

ProgressLine::~ProgressLine() {
  close();
}

void ProgressLine::update(const RunStatistics& statistics, Instant now) {
  if (config_.quiet || closed_) {
    return;
  }
  const Duration interval = config_.terminal ? kRedrawInterval : kPlainInterval;
  if (shown_at_ && now - *shown_at_ < interval) {
    return;
  }
  shown_at_ = now;
  if (config_.terminal) {
    // The last column stays free: many terminals wrap as soon as it is written.
    const std::size_t width = std::max<std::size_t>(config_.width, 2) - 1;
    screen_ << kEraseLine << progress_text(statistics, config_, width, now) << std::flush;
    drawn_ = true;
  } else {
    screen_ << progress_text(statistics, config_, std::string::npos, now) << '\n' << std::flush;
  }
}

void ProgressLine::notice(std::string_view text, Tone tone) {
  if (config_.quiet || closed_) {
    return;
  }
  erase();
  const bool is_coloured = config_.colour && config_.terminal && tone == Tone::Warning;
  screen_ << (is_coloured ? kYellow : "") << plain_text(text) << (is_coloured ? kNoColour : "")
          << '\n'
          << std::flush;
}

void ProgressLine::show(std::string_view lines) {
  if (!closed_) {
    erase();
    screen_ << lines << std::flush;
  }
}

void ProgressLine::close() {
  erase();
  closed_ = true;
}

void ProgressLine::erase() {
  if (drawn_) {
    screen_ << kEraseLine << std::flush;
    drawn_ = false;
  }
}

}  // namespace hermes::telemetry
