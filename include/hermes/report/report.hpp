#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace hermes::report {

/// What one page compares at most.
inline constexpr std::size_t kRunsMax = 16;

/// Writes one HTML page, whole or not at all, about what the run directories hold: summary.json,
/// metrics.csv, hermes.log and config.toml, as far as they are there. The page needs nothing beside
/// it, and the same files give the same page. Plots are drawn by gnuplot. Returns the page's bytes.
///
/// Throws DataError or ConfigError for a directory of no run, for files that are not what Hermes
/// writes and for a place that cannot be written to; RuntimeError where gnuplot is missing or
/// fails.
std::uint64_t write_report(std::span<const std::filesystem::path> run_directories,
                           const std::filesystem::path& out);

}  // namespace hermes::report
