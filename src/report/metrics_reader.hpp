#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "report/run_history.hpp"

namespace hermes::report {

/// Reads the lines of metrics.csv: columns by name, in any order, unknown ones ignored. Rows of the
/// same round (a vote, then the push that answers a collect) are one round.
///
///     line* -> result
///
/// Throws DataError that names file, line and column.
class MetricsReader {
 public:
  explicit MetricsReader(std::string file) : file_(std::move(file)) {}

  /// `is_whole`: the line ended with a line break. One that did not is what a killed run left.
  void line(std::string_view line, bool is_whole);
  Metrics result() { return std::move(metrics_); }

 private:
  [[noreturn]] void fail(const std::string& problem) const;
  void header(std::string_view line);
  void round();
  void evaluation();
  std::string_view field(std::string_view column) const;
  double real(std::string_view column) const;
  std::uint64_t count(std::string_view column) const;

  std::string file_;
  std::size_t line_number_ = 0;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<std::string_view> fields_;
  std::map<std::uint32_t, std::size_t> last_round_;  // rank -> its place
  Metrics metrics_;
};

}  // namespace hermes::report
