#include "report/metrics_reader.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "hermes/core/error.hpp"
#include "hermes/data/csv.hpp"

namespace hermes::report {
namespace {

constexpr double kCountMax = 9007199254740992.0;  // up to here every count is a double
constexpr double kRankMax = 1e6;
constexpr double kSecondsMax = 1e10;
constexpr std::size_t kRowsMax = 5'000'000;

}  // namespace

void MetricsReader::fail(const std::string& problem) const {
  throw DataError(file_ + ":" + std::to_string(line_number_) + ": " + problem);
}

void MetricsReader::line(std::string_view line, bool is_whole) {
  ++line_number_;
  if (!is_whole) {
    metrics_.is_cut = true;
    return;
  }
  if (columns_.empty()) {
    header(line);
    return;
  }
  data::split_line(line, ',', fields_);
  if (fields_.size() != columns_.size()) {
    fail("expected " + std::to_string(columns_.size()) + " columns, as in the header, found " +
         std::to_string(fields_.size()));
  }
  if (line_number_ > kRowsMax) {
    fail("expected at most " + std::to_string(kRowsMax) + " rows, found more");
  }
  const double seconds = real("seconds");
  if (!(seconds >= 0.0 && seconds <= kSecondsMax)) {
    fail("seconds: expected the seconds of the run, found '" + std::string(field("seconds")) + "'");
  }
  metrics_.last_seconds = std::max(metrics_.last_seconds, seconds);
  metrics_.bytes_up = std::max(metrics_.bytes_up, count("bytes_up"));
  metrics_.bytes_down = std::max(metrics_.bytes_down, count("bytes_down"));
  if (field("event") == "report") {
    round();
  } else if (field("event") == "evaluation") {
    evaluation();
  }
}

void MetricsReader::header(std::string_view line) {
  data::split_line(line, ',', fields_);
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    columns_.emplace(fields_[i], i);
  }
  for (const char* needed : {"event", "seconds", "rank", "round"}) {
    if (!columns_.contains(needed)) {
      fail(std::string("expected a header with the column '") + needed + "', found none");
    }
  }
  if (columns_.size() != fields_.size()) {
    fail("expected each column once, found one twice");
  }
}

void MetricsReader::round() {
  Round round;
  const std::uint64_t rank = count("rank");
  if (static_cast<double>(rank) > kRankMax) {
    fail("rank: expected a rank, found '" + std::string(field("rank")) + "'");
  }
  round.seconds = real("seconds");
  round.rank = static_cast<std::uint32_t>(rank);
  round.number = count("round");
  round.is_push = field("kind") == "push";
  round.is_suppressed = field("kind") == "suppressed";
  round.staleness = real("staleness");
  round.steps = count("steps");
  round.samples = count("samples");
  round.compute_seconds = real("compute_seconds");
  round.evaluation_seconds = real("evaluation_seconds");
  round.data_seconds = real("data_seconds");
  round.gate_z = real("gate_z");
  round.gate_threshold = real("gate_threshold");
  const auto [last, is_first] = last_round_.try_emplace(round.rank, metrics_.rounds.size());
  if (!is_first && metrics_.rounds[last->second].number == round.number) {
    metrics_.rounds[last->second].is_push |= round.is_push;
    return;
  }
  last->second = metrics_.rounds.size();
  metrics_.rounds.push_back(round);
}

void MetricsReader::evaluation() {
  const auto bytes =
      static_cast<double>(count("bytes_up")) + static_cast<double>(count("bytes_down"));
  metrics_.evaluations.push_back({.seconds = real("seconds"),
                                  .loss = real("validation_loss"),
                                  .accuracy = real("validation_accuracy"),
                                  .bytes = bytes});
}

std::string_view MetricsReader::field(std::string_view column) const {
  const auto found = columns_.find(column);
  return found == columns_.end() ? std::string_view() : fields_[found->second];
}

double MetricsReader::real(std::string_view column) const {
  const std::string_view text = field(column);
  double value = kUnknown;
  if (!text.empty() && !data::parse_number(text, value)) {
    fail(std::string(column) + ": expected a number, found '" + std::string(text) + "'");
  }
  return value;
}

std::uint64_t MetricsReader::count(std::string_view column) const {
  const std::string_view text = field(column);
  const double value = text.empty() ? 0.0 : real(column);
  if (!(value >= 0.0 && value <= kCountMax && value == std::floor(value))) {
    fail(std::string(column) + ": expected a count, found '" + std::string(text) + "'");
  }
  return static_cast<std::uint64_t>(value);
}

}  // namespace hermes::report
