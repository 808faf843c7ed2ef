#include "hermes/session/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "hermes/core/error.hpp"
#include "hermes/transport/simulator.hpp"

namespace hermes::session {
namespace {

std::atomic<bool> stop_requested{false};  // a signal handler can reach nothing but a global
static_assert(std::atomic<bool>::is_always_lock_free);

std::atomic<bool> workers_requested{false};  // likewise

void request_workers(int /*signal*/) {
  workers_requested = true;
}

void request_stop(int /*signal*/) {
  stop_requested = true;
}

std::optional<int> number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') {
    return std::nullopt;
  }
  return std::atoi(text);
}

/// What a descriptor of a process leads to; empty where that cannot be seen.
std::string target_of(const std::string& process, int descriptor) {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/" + process + "/fd/" + std::to_string(descriptor),
                                       ignored)
      .string();
}

/// Open MPI's mpirun gives each rank on its host a pseudo-terminal wherever its own output goes, so
/// that there the same descriptor of mpirun counts. The parent of other ranks is a daemon without a
/// terminal, or a script with the pseudo-terminal of the rank: plain lines are right there.
bool is_terminal(int descriptor) {
  const bool has_own = ::isatty(descriptor) == 1;
  if (!has_own || std::getenv("OMPI_COMM_WORLD_RANK") == nullptr) {
    return has_own;
  }
  const std::string behind = target_of(std::to_string(::getppid()), descriptor);
  return (behind.starts_with("/dev/pts/") || behind.starts_with("/dev/tty")) &&
         behind != target_of("self", descriptor);
}

/// Where jobs/launch.sh looks for what rank 0 has to tell it; empty on other ranks.
std::optional<std::filesystem::path> result_file() {
  const char* name = std::getenv("HERMES_RESULT_FILE");
  if (name == nullptr || *name == '\0' || !is_spokesman()) {
    return std::nullopt;
  }
  return name;
}

}  // namespace

std::optional<int> launcher_rank() {
  if (const std::optional<Rank> simulated = transport::simulated_rank()) {
    return simulated->value;  // the environment is that of all ranks
  }
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"}) {
    if (const std::optional<int> rank = number_from_environment(name)) {
      return rank;
    }
  }
  return std::nullopt;
}

void refuse_strangers() {
  const int tasks = number_from_environment("SLURM_STEP_NUM_TASKS").value_or(1);
  if (tasks > 1 && !launcher_rank()) {
    throw ConfigError("srun: expected --mpi=pmix (or mpirun instead of srun), found " +
                      std::to_string(tasks) + " processes that MPI cannot connect");
  }
}

std::optional<std::string> environment(const std::string& name) {
  const char* text = std::getenv(name.c_str());
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

bool is_spokesman() {
  return launcher_rank().value_or(number_from_environment("SLURM_PROCID").value_or(0)) == 0;
}

void say(const std::string& line) {
  std::cerr << "hermes: " + line + "\n" << std::flush;
}

int complain(const std::string& what, int code) {
  constexpr int kBadInput = 2;
  if (is_spokesman()) {
    say(what);
  } else if (code != kBadInput) {
    say("rank " + std::to_string(launcher_rank().value_or(0)) + ": " + what);
  }
  return code;
}

telemetry::ProgressConfig progress_config(bool quiet) {
  telemetry::ProgressConfig progress;
  progress.quiet = quiet;
  const char* hint = std::getenv("HERMES_PROGRESS");  // what jobs/launch.sh writes to
  progress.terminal =
      hint != nullptr ? std::string_view(hint) == "tty" : is_terminal(STDOUT_FILENO);
  const char* no_colour = std::getenv("NO_COLOR");  // https://no-color.org
  progress.colour = progress.terminal && (no_colour == nullptr || *no_colour == '\0');
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    progress.width = size.ws_col;
  } else if (const std::optional<int> columns = number_from_environment("COLUMNS")) {
    progress.width = *columns > 0 ? static_cast<std::size_t>(*columns) : progress.width;
  }
  return progress;
}

void catch_early_warning() {
  std::signal(SIGUSR1, request_stop);
  std::signal(SIGUSR2, request_workers);
}

void ignore_early_warning() {
  std::signal(SIGUSR1, SIG_IGN);
  std::signal(SIGUSR2, SIG_IGN);
}

const std::atomic<bool>& catch_stop_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
    std::signal(signal, request_stop);
  }
  return stop_requested;
}

std::atomic<bool>& catch_inquiries() {
  std::signal(SIGUSR2, request_workers);
  return workers_requested;
}

void report_start() {
  if (const auto file = result_file()) {
    std::ofstream{*file, std::ios::app};
  }
}

void report_exit_code(int code) {
  const auto file = result_file();
  if (!file) {
    return;
  }
  const std::filesystem::path temporary = file->string() + ".tmp";
  std::ofstream(temporary) << code << '\n';
  std::error_code ignored;  // without the file the launcher reports a failure, which is right
  std::filesystem::rename(temporary, *file, ignored);
}

}  // namespace hermes::session
