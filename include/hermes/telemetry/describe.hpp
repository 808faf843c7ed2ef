#pragma once

#include <string>
#include <string_view>

#include "hermes/protocol/record.hpp"

namespace hermes::telemetry {

/// One line that tells a person what happened. A gate's decision is explained in full: z, mean,
/// sigma, threshold, silent rounds, decision.
std::string describe(const protocol::Record& record);

/// The gate's decision alone: z, mean, sigma, threshold, silent rounds, decision and its cause.
std::string describe(const protocol::GateReading& gate);

/// push, vote, suppressed or pull.
std::string_view name_of(protocol::ReportKind kind);

/// True for what a user should look at: a lost or refused worker, a rejected report, a run that
/// went wrong.
bool is_warning(const protocol::Record& record);

/// True for the rare turns of a run that belong on the screen as well as in the log.
bool is_milestone(const protocol::Record& record);

}  // namespace hermes::telemetry
