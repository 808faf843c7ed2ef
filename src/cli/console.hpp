#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "hermes/telemetry/progress_line.hpp"

/// What the process around the program tells it: the launcher, the terminal, signals.
namespace hermes::cli {

/// This process's rank as the launcher (mpirun, srun) says; empty when there is none.
std::optional<int> launcher_rank();

/// A variable of the environment.
std::optional<std::string> environment(const std::string& name);

/// The name of this machine.
std::string host_name();

/// True when this process is the one that talks to the user.
bool is_spokesman();

/// "hermes: LINE" to standard error in one piece, so that no other rank's words get into it.
void say(const std::string& line);

/// Live line on a terminal, plain lines elsewhere.
telemetry::ProgressConfig progress_config(bool quiet);

/// From now on SIGUSR1 does not end this process: to be called before anything slow. A request to
/// stop that comes between this and catch_stop_signals() counts.
void catch_early_warning();

/// Ignores SIGUSR1 over an exec, which keeps no handler.
void ignore_early_warning();

/// From now on SIGINT, SIGTERM and SIGUSR1 only raise the returned flag.
const std::atomic<bool>& catch_stop_signals();

/// Tells jobs/launch.sh the exit code of rank 0, which mpirun with recovery would hide.
void report_exit_code(int code);

}  // namespace hermes::cli
