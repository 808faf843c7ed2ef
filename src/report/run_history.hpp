#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hermes/telemetry/run_summary.hpp"

namespace hermes::report {

/// What a file does not say.
inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// One round of a worker, as metrics.csv has it. Times are seconds of the run.
struct Round {
  double seconds = 0.0;  ///< when the server had its report
  std::uint32_t rank = 0;
  std::uint64_t number = 0;
  bool is_push = false;
  bool is_suppressed = false;
  double staleness = kUnknown;
  std::uint64_t steps = 0;
  std::uint64_t samples = 0;
  double compute_seconds = kUnknown;
  double evaluation_seconds = kUnknown;  ///< measuring the local model
  double data_seconds = kUnknown;        ///< waiting for rows
  double gate_z = kUnknown;
  double gate_threshold = kUnknown;
};

/// The global model on the validation rows.
struct Evaluation {
  double seconds = 0.0;
  double loss = kUnknown;
  double accuracy = kUnknown;
  double bytes = 0.0;  ///< up and down so far
};

/// What a worker was given to train on, as hermes.log tells it.
struct Assignment {
  double seconds = 0.0;
  std::uint32_t rank = 0;
  std::uint64_t rows = 0;
  std::uint64_t minibatch = 0;
};

/// A line of hermes.log that somebody should look at.
struct Event {
  double seconds = 0.0;
  bool is_warning = false;
  std::string text{};
};

/// What metrics.csv holds.
struct Metrics {
  std::vector<Round> rounds{};
  std::vector<Evaluation> evaluations{};
  double last_seconds = 0.0;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  bool is_cut = false;  ///< the last row had not reached the disk
};

/// What hermes.log holds that a report shows.
struct Log {
  std::vector<Assignment> assignments{};
  std::vector<Event> events{};    ///< the first ones
  std::uint64_t event_count = 0;  ///< all
};

/// Everything that a run directory says.
struct RunHistory {
  std::string label{};  ///< what the page calls the run; different for each
  std::string path{};   ///< as the user wrote it
  std::optional<telemetry::RunSummary> summary{};  ///< none: the run was killed, or goes on
  Metrics metrics{};
  Log log{};
  std::map<std::string, std::string> settings{};  ///< of config.toml
};

}  // namespace hermes::report
