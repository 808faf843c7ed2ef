#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "hermes/telemetry/progress_line.hpp"

/// What the process around the program tells it: the launcher, the terminal, signals.
namespace hermes::session {

/// This process's rank as the launcher (mpirun, srun) says; empty when there is none.
std::optional<int> launcher_rank();

/// Throws ConfigError where srun has started several processes that do not know of each other: each
/// would train alone. To be called before MPI starts.
void refuse_strangers();

/// A variable of the environment.
std::optional<std::string> environment(const std::string& name);

/// The name of this machine.
std::string host_name();

/// True when this process is the one that talks to the user.
bool is_spokesman();

/// "hermes: LINE" to standard error in one piece, so that no other rank's words get into it.
void say(const std::string& line);

/// Says in one line what an exit code stands for, and returns it. What is wrong with the input is
/// wrong on all ranks, so one of them says it (code 2); any other failure is a rank's own.
int complain(const std::string& what, int code);

/// Live line on a terminal, plain lines elsewhere.
telemetry::ProgressConfig progress_config(bool quiet);

/// From now on SIGUSR1 and SIGUSR2 do not end this process: to be called before anything slow. A
/// request that comes between this and catch_stop_signals() counts.
void catch_early_warning();

/// Ignores both over an exec, which keeps no handler.
void ignore_early_warning();

/// From now on SIGINT, SIGTERM and SIGUSR1 only raise the returned flag.
const std::atomic<bool>& catch_stop_signals();

/// From now on SIGUSR2, which jobs/launch.sh passes on to every rank, only raises the returned
/// flag: somebody wants to see the workers.
std::atomic<bool>& catch_inquiries();

/// Tells jobs/launch.sh that all ranks have started and listen to signals: it has kept them so far.
void report_start();

/// Tells jobs/launch.sh the exit code of rank 0, which mpirun with recovery would hide.
void report_exit_code(int code);

}  // namespace hermes::session
