#pragma once

#include <string>

#include "hermes/telemetry/run_summary.hpp"

namespace hermes::telemetry {

/// The end of a run, for people: a few lines of numbers and one line per worker, in human units,
/// each ended by a line break.
std::string closing_table(const RunSummary& summary);

/// Its last part: one line per worker, below a line of names.
std::string worker_table(const RunSummary& summary);

}  // namespace hermes::telemetry
