#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/run_history.hpp"

namespace hermes::report {

/// The summary, or, where a run left none, as much of one as metrics.csv and config.toml tell; what
/// they cannot tell is empty or zero.
telemetry::RunSummary facts_of(const RunHistory& run);

/// When the last thing happened that is known of, in seconds of the run.
double end_of(const RunHistory& run);

/// The ranks that reported, in order.
std::vector<std::uint32_t> workers_of(const RunHistory& run);

/// At most `most` of the workers, evenly spread from the one with the shortest rounds to the one
/// with the longest; in rank order.
std::vector<std::uint32_t> chosen_workers(const RunHistory& run, std::size_t most);

/// "12 of 64 workers, from the fastest to the slowest", or nothing when all are there.
std::string said_of_choice(std::size_t shown, std::size_t all);

/// A setting's value without quotes; empty when it is not known.
std::string setting(const RunHistory& run, const std::string& key);

}  // namespace hermes::report
