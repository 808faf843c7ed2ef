#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "report/run_history.hpp"

namespace hermes::report {

/// Reads run directories. A file that is not there says nothing, as the summary of a run that was
/// killed; a directory without any of them is no run. Throws DataError or ConfigError.
std::vector<RunHistory> read_runs(std::span<const std::filesystem::path> directories);

}  // namespace hermes::report
