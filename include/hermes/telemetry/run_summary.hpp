#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hermes/core/id.hpp"
#include "hermes/telemetry/byte_counters.hpp"
#include "hermes/telemetry/rank_times.hpp"

namespace hermes::telemetry {

/// What one worker did, in the summary of a run.
struct WorkerSummary {
  Rank rank{};
  std::string state{};  ///< expected, joined, training, lost, left or refused
  std::uint64_t rounds = 0;
  std::uint64_t steps = 0;
  std::uint64_t samples = 0;
  std::uint64_t pushes = 0;
  std::uint64_t suppressed = 0;
  RankTimes times{};

  friend bool operator==(const WorkerSummary&, const WorkerSummary&) = default;
};

/// How old the merged updates were, in versions. The summary has none before the first merge.
struct StalenessSummary {
  double median = 0.0;
  std::uint64_t max = 0;
  std::map<std::uint64_t, std::uint64_t> histogram;  ///< staleness -> merged updates

  friend bool operator==(const StalenessSummary&, const StalenessSummary&) = default;
};

/// The numbers of a run: the content of summary.json (keys: src/telemetry/README.md). Times are
/// seconds since the start of the run unless they say otherwise. Empty: not known.
struct RunSummary {
  std::string strategy;
  std::uint32_t workers = 0;
  std::uint64_t seed = 0;
  double seconds = 0.0;
  double training_seconds = 0.0;     ///< from the start of training to the decision to stop
  double server_busy_seconds = 0.0;  ///< of training_seconds, not waiting for a message
  std::uint64_t rounds = 0;          ///< of all workers together, as the counts below
  std::uint64_t steps = 0;
  std::uint64_t samples = 0;
  std::uint64_t pushes = 0;
  std::uint64_t suppressed = 0;
  std::optional<double> worker_independence;  ///< rounds per push
  ByteCounters bytes;
  std::uint64_t merges = 0;
  std::uint64_t rejected_updates = 0;
  std::map<std::string, std::uint64_t> rejected_reports;  ///< reason -> number
  std::uint64_t workers_lost = 0;                         ///< distinct workers, as the next
  std::uint64_t workers_returned = 0;
  std::optional<double> best_validation_loss;
  std::optional<double> best_validation_accuracy;
  std::optional<double> test_loss;
  std::optional<double> test_accuracy;
  std::optional<double> target_accuracy;
  std::optional<double> seconds_to_target;
  std::optional<std::uint64_t> bytes_to_target;
  std::optional<double> samples_per_second;
  std::optional<std::string> stop_reason;
  bool interrupted = false;
  std::optional<StalenessSummary> staleness;
  RankTimes server;                         ///< where rank 0's time went
  std::vector<WorkerSummary> worker_table;  ///< in rank order

  friend bool operator==(const RunSummary&, const RunSummary&) = default;
};

/// The summary as JSON text; what is not known (or not finite) is null.
std::string to_json(const RunSummary& summary);

/// Writes summary.json whole or not at all (temporary file, then rename).
/// Throws RuntimeError where the file cannot be written.
void write_summary(const RunSummary& summary, const std::filesystem::path& file);

/// Reads what write_summary wrote. Throws DataError that names the file, the key and what was
/// expected.
RunSummary read_summary(const std::filesystem::path& file);

}  // namespace hermes::telemetry
