#include "report/read_run.hpp"

#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include "hermes/core/error.hpp"
#include "hermes/runtime/settings.hpp"
#include "report/log_reader.hpp"
#include "report/metrics_reader.hpp"

namespace hermes::report {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kTextBytesMax = std::uintmax_t{1} << 30;
constexpr std::uintmax_t kSummaryBytesMax = std::uintmax_t{1} << 26;

/// True when there is such a file; throws when it is there but of no use.
bool has_file(const fs::path& file, std::uintmax_t bytes_max) {
  std::error_code error;
  if (!fs::exists(file, error)) {
    return false;
  }
  const std::uintmax_t bytes = fs::is_regular_file(file, error) ? fs::file_size(file, error) : 0;
  if (error || !fs::is_regular_file(file, error)) {
    throw DataError(file.string() + ": expected a readable file, found something else");
  }
  if (bytes > bytes_max) {
    throw DataError(file.string() + ": expected at most " + std::to_string(bytes_max) +
                    " bytes, found " + std::to_string(bytes));
  }
  return true;
}

/// Calls `take(line, is_whole)` for each line.
template <class Take>
void each_line(const fs::path& file, Take take) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    throw DataError(file.string() + ": expected a readable file, found none");
  }
  std::string line;
  while (std::getline(stream, line)) {
    take(std::string_view(line), !stream.eof());
  }
}

RunHistory read_run(const fs::path& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    throw DataError(directory.string() + ": expected a run directory, found " +
                    (fs::exists(directory, error) ? "something else" : "nothing"));
  }
  RunHistory run;
  run.path = directory.string();
  const bool has_config = has_file(directory / "config.toml", kTextBytesMax);
  const bool has_metrics = has_file(directory / "metrics.csv", kTextBytesMax);
  const bool has_summary = has_file(directory / "summary.json", kSummaryBytesMax);
  if (!has_config && !has_metrics && !has_summary) {
    throw DataError(run.path +
                    ": expected a run directory (config.toml, metrics.csv, summary.json), found "
                    "none of its files");
  }
  if (has_config) {
    run.settings = runtime::read_settings(directory / "config.toml");
  }
  if (has_summary) {
    run.summary = telemetry::read_summary(directory / "summary.json");
  }
  if (has_metrics) {
    MetricsReader reader((directory / "metrics.csv").string());
    each_line(directory / "metrics.csv",
              [&reader](std::string_view line, bool is_whole) { reader.line(line, is_whole); });
    run.metrics = reader.result();
  }
  if (has_file(directory / "hermes.log", kTextBytesMax)) {
    each_line(directory / "hermes.log", [&run](std::string_view line, bool is_whole) {
      if (is_whole) {
        read_log_line(line, run.log);
      }
    });
  }
  return run;
}

/// The last part of a path that says something.
std::string last_name(const fs::path& directory) {
  const fs::path whole = fs::absolute(directory).lexically_normal();
  const fs::path name = whole.has_filename() ? whole.filename() : whole.parent_path().filename();
  return name.empty() ? whole.string() : name.string();
}

}  // namespace

std::vector<RunHistory> read_runs(std::span<const fs::path> directories) {
  std::vector<RunHistory> runs;
  std::map<std::string, int> named;
  for (const fs::path& directory : directories) {
    runs.push_back(read_run(directory));
    runs.back().label = last_name(directory);
    ++named[runs.back().label];
  }
  std::map<std::string, int> seen;
  for (RunHistory& run : runs) {
    if (named[run.label] > 1) {
      run.label = run.path;
    }
    if (const int times = ++seen[run.label]; times > 1) {
      run.label += " (" + std::to_string(times) + ")";
    }
  }
  return runs;
}

}  // namespace hermes::report
