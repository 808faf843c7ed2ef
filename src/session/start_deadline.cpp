#include "hermes/session/start_deadline.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "hermes/core/error.hpp"
#include "hermes/session/console.hpp"
#include "hermes/transport/mpi_environment.hpp"
#include "hermes/transport/simulator.hpp"

namespace hermes::session {
namespace {

constexpr int kDefaultSeconds = 300;
constexpr int kSecondsMax = 86'400;
constexpr int kStartFailure = 3;

int seconds_allowed() {
  const std::optional<std::string> text = environment("HERMES_START_SECONDS");
  if (!text) {
    return kDefaultSeconds;
  }
  const bool is_number =
      !text->empty() && text->size() < 6 && text->find_first_not_of("0123456789") == text->npos;
  const int seconds = is_number ? std::stoi(*text) : 0;
  if (seconds < 1 || seconds > kSecondsMax) {
    throw ConfigError("HERMES_START_SECONDS: expected whole seconds from 1 to " +
                      std::to_string(kSecondsMax) + ", found '" + *text + "'");
  }
  return seconds;
}

void wait_or_end(const std::stop_token& all_came, int seconds) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, all_came, std::chrono::seconds(seconds), [] { return false; });
  if (all_came.stop_requested()) {
    return;
  }
  if (is_spokesman()) {
    say("rank 0: MPI: expected all ranks within " + std::to_string(seconds) +
        " s (HERMES_START_SECONDS), found one that has ended or cannot be reached");
  }
  report_exit_code(kStartFailure);
  transport::MpiEnvironment::leave_without_finalize(kStartFailure);
}

}  // namespace

StartDeadline::StartDeadline() {
  if (!transport::simulated_rank()) {
    watch_.emplace(wait_or_end, seconds_allowed());
  }
}

}  // namespace hermes::session
