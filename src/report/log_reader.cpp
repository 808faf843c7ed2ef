#include "report/log_reader.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <system_error>

#include "hermes/data/csv.hpp"

namespace hermes::report {
namespace {

constexpr std::size_t kEventsMax = 200;
constexpr std::size_t kTextBytesMax = 400;
constexpr std::size_t kAssignmentsMax = 1'000'000;

/// Walks along a line, piece by piece.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : text_(text) {}

  std::string_view word() {
    skip_blanks();
    const std::string_view found = text_.substr(0, text_.find(' '));
    text_.remove_prefix(found.size());
    return found;
  }

  /// True, and past it, when the text goes on with this.
  bool literal(std::string_view expected) {
    if (!text_.starts_with(expected)) {
      return false;
    }
    text_.remove_prefix(expected.size());
    return true;
  }

  template <class Count>
  bool count(Count& value) {
    const auto result = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (result.ec != std::errc()) {
      return false;
    }
    text_.remove_prefix(static_cast<std::size_t>(result.ptr - text_.data()));
    return true;
  }

  /// Moves behind the next place where this stands.
  bool after(std::string_view landmark) {
    const std::size_t at = text_.find(landmark);
    if (at == std::string_view::npos) {
      return false;
    }
    text_.remove_prefix(at + landmark.size());
    return true;
  }

  std::string_view rest() {
    skip_blanks();
    return text_;
  }

 private:
  void skip_blanks() { text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size())); }

  std::string_view text_;
};

/// "worker 3 assigned 500 rows at a time of the 8000 from 0 on, mini-batches of 16".
std::optional<Assignment> assignment(std::string_view text, double seconds) {
  Pieces pieces(text);
  Assignment found{.seconds = seconds};
  const bool is_one = pieces.literal("worker ") && pieces.count(found.rank) &&
                      pieces.literal(" assigned ") && pieces.count(found.rows) &&
                      pieces.after("mini-batches of ") && pieces.count(found.minibatch);
  return is_one ? std::optional(found) : std::nullopt;
}

}  // namespace

void read_log_line(std::string_view line, Log& log) {
  Pieces pieces(line);
  double seconds = 0.0;
  if (!data::parse_number(pieces.word(), seconds) || !std::isfinite(seconds)) {
    return;
  }
  const std::string_view level = pieces.word();
  const std::string_view text = pieces.rest();
  if (const auto one = assignment(text, seconds)) {
    if (log.assignments.size() < kAssignmentsMax) {
      log.assignments.push_back(*one);
    }
    return;
  }
  const bool is_warning = level == "warning" || level == "error";
  if (!is_warning && !text.ends_with(" is back") && !text.starts_with("training goes on from")) {
    return;
  }
  ++log.event_count;
  if (log.events.size() < kEventsMax) {
    log.events.push_back({seconds, is_warning, std::string(text.substr(0, kTextBytesMax))});
  }
}

}  // namespace hermes::report
