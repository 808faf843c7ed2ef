#pragma once

#include <string_view>

#include "report/run_history.hpp"

namespace hermes::report {

/// Takes from a line of hermes.log (`SECONDS LEVEL TEXT`) what a report shows: assignments,
/// warnings, workers that come back, runs that go on. Everything else, and what is no such line, is
/// passed over.
void read_log_line(std::string_view line, Log& log);

}  // namespace hermes::report
